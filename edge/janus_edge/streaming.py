"""One chat exchange as the body of a server-sent event stream.

Inside `async with AnswerStream(...) as stream`, first `stream.ready(seconds)` raises what went wrong
before anything was said, then `stream.respond(...)` sends the stream, where errors are events.
"""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from starlette.types import Send

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2

from . import error_responses
from .chunks import PING, ChunkWriter
from .record import RequestRecord
from .route_event import is_route, note_route

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]

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

    async def respond(self, send: Send, *, ping_seconds: float) -> None:
        """Sends the response's head and then the stream, with a ping in every silence of `ping_seconds`."""
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS]})
        clock = asyncio.get_running_loop().time
        written_at = clock()

        async def ping() -> None:
            nonlocal written_at
            while True:
                await asyncio.sleep(max(0.0, written_at + ping_seconds - clock()))
                if clock() >= written_at + ping_seconds:
                    written_at = clock()
                    await send({"type": "http.response.body", "body": PING, "more_body": True})

        pinging = asyncio.create_task(ping())
        try:
            async for part in self._body():
                await send({"type": "http.response.body", "body": part, "more_body": True})
                written_at = clock()
        finally:
            pinging.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

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
