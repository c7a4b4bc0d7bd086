"""Noticing that an HTTP client left, in whichever phase, without polling.

`async with until_client_leaves(receive, record)` cancels its block at once when the client leaves, and
then raises `ClientLeft`.
"""

import asyncio
from types import TracebackType

from starlette.types import Message, Receive

from janus_mesh.http import ClientLeft

from .record import RequestRecord


class until_client_leaves:  # noqa: N801  # it reads as what it does
    """Races the block against the client's departure. The request body must have been read before.

    It holds the only `receive` of the request; give `receive_nothing` to whoever wants one inside.
    """

    def __init__(self, receive: Receive, record: RequestRecord) -> None:
        self._receive = receive
        self._record = record

    async def __aenter__(self) -> None:
        owner = asyncio.current_task()
        assert owner is not None
        self._owner = owner
        self._watcher = asyncio.create_task(self._watch())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watcher.cancel()
        # Someone else may have cancelled the task too: a server that shuts down. That wins.
        if isinstance(error, asyncio.CancelledError) and self._record.client_left:
            if self._owner.uncancel() > 0:
                return
            raise ClientLeft from None

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        # ASGI servers say the same when the response has gone out.
        if not self._record.response_complete:
            self._record.client_left = True
            self._owner.cancel()


async def receive_nothing() -> Message:
    """Stands in for `receive` where the client's departure is already watched for."""
    never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await never
