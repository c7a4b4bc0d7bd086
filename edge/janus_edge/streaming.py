"""One chat exchange as the body of a server-sent event stream.

While the client keeps up, events are written in the very callback that brought them from the router;
the request's task sleeps until there is something to decide.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol

import orjson
from starlette.types import Send

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError
from janus_mesh.http import error_event
from janus_proto._gen.janus.chat.v1 import event_pb2

from . import error_responses
from .event_stream import EventStream
from .record import RequestRecord
from .route_event import RouteEvents

log = logs.get("edge.stream")


class Writer(Protocol):
    """Makes bytes of events, such as `ChunkWriter`."""

    def routes(self, events: Iterable[event_pb2.ChatEvent]) -> bytes:
        """The bytes of the router's own events."""

    def name_model(self, event: event_pb2.ChatEvent) -> None:
        """Notes the model's name, if the event has it, before `routes` is asked."""

    def write(self, event: mesh.Said) -> bytes:
        """The bytes of a competitor's event."""


class Finale(Protocol):
    """What is to happen before the last bytes of a stream go out."""

    def told(self, error: JanusError) -> JanusError:
        """The error as the client may see it."""

    async def ended(self, *, complete: bool) -> None:
        """To be waited for; `complete` says that there was no error."""


class AnswerStream:
    """Holds the first events back until it is known whether there is an answer at all."""

    __slots__ = ("_exchange", "_finale", "_last", "_record", "_routes", "_writer")

    def __init__(
        self,
        exchange: mesh.ClientExchange,
        writer: Writer,
        record: RequestRecord,
        finale: Finale | None = None,
    ) -> None:
        self._exchange = exchange
        self._writer = writer
        self._record = record
        self._finale = finale
        self._routes = RouteEvents(record)
        self._last: list[bytes] = []

    async def respond(self, send: Send, *, ping_seconds: float) -> None:
        """Sends the whole response, with a ping in every silence of `ping_seconds`.

        Raises what goes wrong before anything was sent; a later error is the stream's last event.
        """
        with EventStream(send, ping_seconds=ping_seconds, before_ping=self._held_routes) as stream:
            ending = b""
            try:
                await self._copy(stream)
            except (JanusError, UnicodeError, orjson.JSONEncodeError) as error:
                failure = _typed(error)
                if not stream.begun:
                    raise failure from None
                ending = self._failure(failure)
            except Exception:
                if not stream.begun:
                    raise
                log.exception("unexpected error")
                ending = self._failure(error_responses.internal(self._record))
            if self._finale is not None:
                await self._finale.ended(complete=not ending)
            await stream.end(b"".join((*self._last, ending)))

    async def _copy(self, stream: EventStream) -> None:
        """Writes all but the last chunks, which go out with the response's end."""
        take = partial(self._written, stream)
        events = await self._first_of_competitor()
        # Before the routes, which then bear the model's name already if the answer starts here.
        self._writer.name_model(events[0])
        # A first event that makes no sense is still a plain HTTP error, because nothing was sent.
        opening = self._held_routes() + self._writer.write(events[0])
        await stream.flushed()
        stream.write(opening)
        del events[0]
        while not (events and events[-1].HasField("finish")):
            await stream.flushed()
            if not events or take(events):
                await self._exchange.push(take)
            await stream.flushed()
            events = _until_finish(await self._exchange.burst())
        await stream.flushed()
        self._last.extend(map(self._writer.write, events))

    def _written(self, stream: EventStream, events: Sequence[mesh.Said]) -> bool:
        """Writes their chunks; those before a senseless one, too. Whether the client keeps up."""
        if len(events) == 1:  # as nearly always
            chunk = self._writer.write(events[0])
            return not chunk or stream.write(chunk)
        chunks: list[bytes] = []
        try:
            chunks.extend(map(self._writer.write, events))
        finally:
            chunk = b"".join(chunks)
            going = not chunk or stream.write(chunk)
        return going

    async def _first_of_competitor(self) -> list[event_pb2.ChatEvent]:
        """The first events that are not the router's own; the router's are held."""
        while events := await self._exchange.burst():
            if rest := self._routes.before(events):
                return _until_finish(rest)
        raise CompetitorFailed("the router ended the exchange without an answer")

    def _held_routes(self) -> bytes:
        return self._writer.routes(self._routes.take())

    def _failure(self, error: JanusError) -> bytes:
        self._record.error = error.code
        return error_event(error if self._finale is None else self._finale.told(error))


def _typed(error: Exception) -> JanusError:
    if isinstance(error, JanusError):
        return error
    return CompetitorFailed("the competitor's answer holds text that is not Unicode")


def _until_finish(events: list[event_pb2.ChatEvent]) -> list[event_pb2.ChatEvent]:
    """The events up to the first `finish`; raises `CompetitorFailed` when nothing came instead of one."""
    if not events:
        raise CompetitorFailed("the router ended the exchange without an ending")
    for position, event in enumerate(events):
        if event.HasField("finish"):
            return events[: position + 1]
    return events
