"""Serves an `Answer` on links, beside the one-call-per-exchange form."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest
from janus_mesh.exchange import Answer, Exchange, conduct
from janus_mesh.headers import REQUEST_ID, TOKEN, caller_key, new_request_id
from janus_proto._gen.janus.link.v1 import link_pb2, link_pb2_grpc

from .outbox import pump
from .server import ServerEnd, ServerLink, exchange_of, message_of

VERSION = 1

log = logs.get("mesh.link")


class LinkServicer(link_pb2_grpc.LinkServiceServicer):
    """`janus.link.v1.LinkService` over an `Answer`. `floor` is the least time between writes, seconds."""

    def __init__(self, answer: Answer, floor: float) -> None:
        self._answer = answer
        self._floor = floor
        self._links: dict[ServerLink, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def Link(  # type: ignore[override]  # the stub types cover the sync and the async server at once
        self,
        request_iterator: AsyncIterator[link_pb2.LinkRequest],  # noqa: ARG002  # read from context
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> None:
        link = ServerLink(self._begin)
        await context.write(
            link_pb2.LinkResponse(hello=link_pb2.Hello(version=VERSION, max_exchanges=link.max_exchanges))
        )

        async def read() -> None:
            while (message := await context.read()) is not grpc.aio.EOF:
                link.receive(message)

        reading = asyncio.create_task(read())
        writing = asyncio.create_task(
            pump(link.outbox, lambda items: context.write(message_of(items)), self._floor, exchange_of)
        )
        self._links[link] = reading
        log.info("link opened", peer=context.peer())
        try:
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled():
                reading.result()
        except InvalidRequest as error:
            context.set_code(error.status.grpc)
            context.set_details(error.message)
        finally:
            reading.cancel()
            writing.cancel()
            del self._links[link]
            log.info("link closed", peer=context.peer(), live=link.live)
            link.close()

    async def drain(self, seconds: float) -> None:
        """Sends new exchanges elsewhere, waits for the live ones at most so long, then ends the links."""
        for link in self._links:
            link.drain()
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=seconds)
        for link, reading in list(self._links.items()):
            await link.outbox.emptied()  # the last endings are still on their way out
            reading.cancel()

    def _begin(self, end: ServerEnd, opening: link_pb2.Open) -> None:
        headers = dict(opening.headers)
        exchange = Exchange(
            opening.request,
            end,
            request_id=headers.get(REQUEST_ID) or new_request_id(),
            time_remaining=opening.timeout_millis / 1000 or None,
            token=headers.get(TOKEN, ""),
            caller=caller_key(headers),
        )

        async def run() -> None:
            with suppress(asyncio.CancelledError):  # the caller left, and knows
                await conduct(self._answer, exchange, headers)

        task = asyncio.create_task(run())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        end.on_leave = task.cancel
