"""One chat exchange as the body of a server-sent event stream.

Inside `async with AnswerStream(...) as stream`, first `stream.ready(seconds)` raises what went wrong
before anything was said, then `stream.respond(...)` sends the stream, where errors are events.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from sse_starlette import EventSourceResponse
from sse_starlette.sse import AppStatus
from starlette.types import Scope, Send

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2

from . import error_responses
from .chunks import PING, ChunkWriter
from .departure import receive_nothing
from .record import RequestRecord
from .route_event import is_route, note_route

# A server that stops lets its streams end by themselves; cutting them off is not the response's business.
AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
# At debug level it would log what people said.
logging.getLogger("sse_starlette").setLevel(logging.INFO)

log = logs.get("edge.stream")


class AnswerStream:
    """Holds the first events back until it is known whether there is an answer at all."""

    def __init__(self, exchange: mesh.ClientExchange, writer: ChunkWriter, record: RequestRecord) -> None:
        self._exchange = exchange
        self._writer = writer
        self._record = record
        self._routes: list[event_pb2.ChatEvent] = []

    async def __aenter__(self) -> Self:
        self._first = asyncio.create_task(self._first_of_competitor())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._first.cancel()
        await asyncio.gather(self._first, return_exceptions=True)

    async def ready(self, seconds: float) -> None:
        """Waits for the competitor's first event, but no longer than `seconds`; raises its error."""
        await asyncio.wait([self._first], timeout=seconds)
        if self._first.done():
            self._first.result()

    async def respond(self, scope: Scope, send: Send, *, ping_seconds: float) -> None:
        """Sends the response's head and then the stream."""
        response = EventSourceResponse(
            self._body(),
            ping=ping_seconds,
            ping_message_factory=lambda: PING,  # type: ignore[arg-type, return-value]  # bytes pass as they are
            headers={"cache-control": "no-cache"},
        )
        await response(scope, receive_nothing, send)

    async def _body(self) -> AsyncIterator[bytes]:
        """The stream, as few writes as there were bursts of events."""
        written: list[bytes] = []
        try:
            if not self._first.done():
                yield b"".join((PING, *self._held_routes()))
            events = await self._first
            # Before the routes, which then bear the model's name already if the answer starts here.
            written.append(self._writer.write(events[0]))
            written[:0] = self._held_routes()
            del events[0]
            while True:
                written.extend(map(self._writer.write, events))
                if chunk := b"".join(written):
                    yield chunk
                written.clear()
                if not (events := await self._exchange.burst()):
                    return
        except JanusError as error:
            yield b"".join((*written, self._failure(error)))
        except Exception:
            log.exception("unexpected error")
            yield b"".join((*written, self._failure(error_responses.internal(self._record))))

    async def _first_of_competitor(self) -> list[event_pb2.ChatEvent]:
        """The first events that are not the router's own; the router's are held."""
        while events := await self._exchange.burst():
            for position, event in enumerate(events):
                if not is_route(event):
                    return events[position:]
                note_route(event, self._record)
                self._routes.append(event)
        raise CompetitorFailed("the router ended the exchange without an answer")

    def _held_routes(self) -> list[bytes]:
        routes, self._routes = self._routes, []
        return [self._writer.write(route) for route in routes]

    def _failure(self, error: JanusError) -> bytes:
        self._record.error = error.code
        return error_responses.event(error)
