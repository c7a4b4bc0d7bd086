"""Noticing that an HTTP client left, in whichever phase, without polling.

`async with until_client_leaves(receive, record)` cancels its block at once when the client leaves, and
then raises `ClientLeft`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Message, Receive

from .record import RequestRecord


class ClientLeft(Exception):
    """The client closed its connection before it had its answer."""


@asynccontextmanager
async def until_client_leaves(receive: Receive, record: RequestRecord) -> AsyncIterator[None]:
    """Races the block against the client's departure. The request body must have been read before.

    It holds the only `receive` of the request; give `receive_nothing` to whoever wants one inside.
    """
    owner = asyncio.current_task()
    assert owner is not None

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        # ASGI servers say the same when the response has gone out.
        if not record.response_complete:
            record.client_left = True
            owner.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        # Someone else may have cancelled the task too: a server that shuts down. That wins.
        if not record.client_left or owner.uncancel() > 0:
            raise
        raise ClientLeft from None
    finally:
        watcher.cancel()


async def receive_nothing() -> Message:
    """Stands in for `receive` where the client's departure is already watched for."""
    never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await never
