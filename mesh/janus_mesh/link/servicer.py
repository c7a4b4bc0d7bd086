"""Serves an `Answer` on links, beside the one-call-per-exchange form."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from janus_mesh import logs
from janus_mesh.errors import Internal, InvalidRequest, JanusError, Overloaded
from janus_mesh.exchange import Answer, conduct
from janus_mesh.incoming import incoming_exchange
from janus_proto._gen.janus.link.v1 import link_pb2, link_pb2_grpc

from .events import VERSION
from .outbox import pump
from .server import Item, ServerLink, exchange_of, message_of
from .server_end import ServerEnd

# While more than this waits for a caller that does not read, nothing more is read from it: what it can
# provoke (pongs, refusals) stays bounded.
_MAX_UNREAD_BYTES = 8 * 1024 * 1024
# How long a caller may leave one message unread before its link ends.
_WRITE_SECONDS = 60.0
# Of a drain, the time kept for the last endings to reach their callers.
_FLUSH_SECONDS = 0.5

log = logs.get("mesh.link")


class LinkServicer(link_pb2_grpc.LinkServiceServicer):
    """`janus.link.v1.LinkService` over an `Answer`. `floor` is the least time between writes, seconds."""

    def __init__(self, answer: Answer, floor: float) -> None:
        self._answer = answer
        self._floor = floor
        self._links: dict[ServerLink, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._draining = False

    async def Link(  # type: ignore[override]  # the stub types cover the sync and the async server at once
        self,
        request_iterator: AsyncIterator[link_pb2.LinkRequest],  # noqa: ARG002  # read from context
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> None:
        if self._draining:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the server is draining")
        link = ServerLink(self._begin)
        await context.write(
            link_pb2.LinkResponse(hello=link_pb2.Hello(version=VERSION, max_exchanges=link.max_exchanges))
        )
        reading = asyncio.create_task(_read(link, context))
        writing = asyncio.create_task(_write(link, context, self._floor))
        self._links[link] = reading
        if self._draining:  # it began while the hello was on its way
            link.drain()
        log.info("link opened", peer=context.peer())
        reason = None
        try:
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            reason = _failure(reading) or _failure(writing)
            if reason is not None:
                context.set_code(reason.status.grpc)
                context.set_details(reason.message)
        finally:
            del self._links[link]
            log.info(
                "link closed", peer=context.peer(), live=link.live, reason=reason.message if reason else None
            )
            link.close()
            reading.cancel()
            writing.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def drain(self, seconds: float) -> None:
        """Sends new exchanges elsewhere, waits for the live ones, then ends the links.

        Returns after `seconds` at the latest, whatever callers do: one that does not read its link loses what
        waits for it.
        """
        ends = asyncio.get_running_loop().time() + seconds
        self._draining = True
        for link in self._links:
            link.drain()
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=max(seconds / 2, seconds - _FLUSH_SECONDS))
        with suppress(TimeoutError):  # the last endings are still on their way out
            async with asyncio.timeout_at(ends):
                await asyncio.gather(*(link.outbox.emptied() for link in self._links))
        for reading in self._links.values():
            reading.cancel()

    def _begin(self, link: ServerLink, end: ServerEnd, opening: link_pb2.Open) -> None:
        headers = dict(opening.headers)
        exchange = incoming_exchange(opening.request, end, headers, opening.timeout_millis / 1000)

        async def run() -> None:
            with suppress(asyncio.CancelledError):  # the caller left, and knows
                await conduct(self._answer, exchange, headers)

        def stopped(task: asyncio.Task[None]) -> None:
            self._answering.discard(task)
            link.done()

        task = asyncio.create_task(run())
        self._answering.add(task)
        task.add_done_callback(stopped)
        end.on_leave = task.cancel


async def _read(link: ServerLink, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    while True:
        await link.outbox.below(_MAX_UNREAD_BYTES)
        try:
            message = await context.read()
        except DecodeError:
            raise InvalidRequest("a message on the link cannot be read") from None
        if message is grpc.aio.EOF:
            return
        link.receive(message)


async def _write(link: ServerLink, context: grpc.aio.ServicerContext[Any, Any], floor: float) -> None:
    async def write(items: list[Item]) -> None:
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await context.write(message_of(items))
        except TimeoutError:
            raise Overloaded(f"the caller read nothing for {_WRITE_SECONDS:g} s") from None

    await pump(link.outbox, write, floor, exchange_of)


def _failure(task: asyncio.Task[None]) -> JanusError | None:
    """What ended a task, when it is more than the wire being gone. Marks its exception as seen."""
    if not task.done() or task.cancelled():
        return None
    error = task.exception()
    if error is None or isinstance(error, grpc.aio.InternalError | grpc.aio.UsageError):
        return None  # the call is over
    if isinstance(error, JanusError):
        return error
    log.error("link failed", exc_info=error)
    return Internal("the link failed; the server's log says more")
