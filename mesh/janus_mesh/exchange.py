"""The two sides of one chat, without a word about the transport beneath.

A server answers an `Exchange`; a caller reads a `ClientExchange`. A transport implements
`ServerTransport` or `ClientTransport` and hands itself in.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Protocol, Self, TypeVar

import structlog
from opentelemetry.trace import SpanKind

from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

from . import logs, metrics, traces
from ._watchdog import Timeouts, Watchdog
from .errors import CompetitorFailed, DeadlineExceeded, Internal, JanusError, Unavailable
from .link.client import ClientEnd
from .link.server import ServerEnd
from .link.splice import Splice

REQUEST_ID = "x-request-id"

WaitedT = TypeVar("WaitedT")

log = logs.get("mesh.exchange")


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"req_{uuid.uuid4().hex}"


def outgoing_headers() -> dict[str, str]:
    """What a call carries beside its request: the current request id and trace context."""
    headers = {REQUEST_ID: structlog.contextvars.get_contextvars().get("request_id") or new_request_id()}
    traces.inject(headers)
    return headers


class ServerTransport(Protocol):
    """What an `Exchange` needs of the wire."""

    async def write(self, event: event_pb2.ChatEvent) -> None:
        """Sends one event; waits while the caller has granted no credit."""


class ClientTransport(Protocol):
    """What a `ClientExchange` needs of the wire. Every failure is raised as a `JanusError`."""

    async def receive(self) -> list[event_pb2.ChatEvent]:
        """The events that have arrived, at least one; none when the peer said all it had to say."""

    def cancel(self) -> None:
        """Tells the peer to stop; harmless when all is over."""


class Exchange:
    """The server's side of one chat. `Answer` coroutines get one."""

    def __init__(
        self,
        request: request_pb2.ChatRequest,
        transport: ServerTransport,
        *,
        request_id: str,
        time_remaining: float | None,
    ) -> None:
        self.request = request
        self.request_id = request_id
        self.events_sent = 0
        self.ended = False
        self._transport = transport
        self._started = time.monotonic()
        self._allowed = time_remaining
        self.first_event_after: float | None = None

    def time_remaining(self) -> float | None:
        """Seconds until the caller gives up; None when it set no bound."""
        if self._allowed is None:
            return None
        return max(0.0, self._allowed - self.elapsed())

    def elapsed(self) -> float:
        """Seconds since the request arrived."""
        return time.monotonic() - self._started

    async def send(self, event: event_pb2.ChatEvent) -> None:
        """Sends one event, waiting for credit. Cancelled (as a task) when the caller left."""
        if self.ended:
            raise RuntimeError("an event after the last one")
        self._note_events(1)
        if event.WhichOneof("payload") in ("finish", "error"):
            self.ended = True
        await self._transport.write(event)

    async def relay(self, upstream: "ClientExchange") -> event_pb2.ChatEvent:
        """Sends on all that another exchange has to say, untouched, and returns its `finish`.

        Raises what reading it raises; an error is not sent on, so that the caller may add to it.
        """
        if isinstance(upstream.transport, ClientEnd) and isinstance(self._transport, ServerEnd):
            finish = await upstream.splice(self._transport, self._note_events)
            await self.send(finish)
            return finish
        async for event in upstream:
            await self.send(event)
        return event

    def _note_events(self, count: int) -> None:
        if not self.events_sent:
            self.first_event_after = self.elapsed()
        self.events_sent += count


Answer = Callable[[Exchange], Awaitable[None]]
# Sends a request, with the seconds that the peer has for all of it.
Open = Callable[[request_pb2.ChatRequest, float | None], Awaitable[ClientTransport]]


async def conduct(answer: Answer, exchange: Exchange, headers: Mapping[str, str]) -> JanusError | None:
    """Runs an answer so that it has exactly one ending, and reports it. Returns the error, if any.

    `headers` are the caller's, in lower case; its trace goes on from there.
    """
    with (
        logs.bound(request_id=exchange.request_id),
        traces.tracer().start_as_current_span("chat", traces.extract(headers), SpanKind.SERVER) as span,
    ):
        end, error = "finish", None
        metrics.LIVE.labels("server").inc()
        try:
            error = await _attempt(answer, exchange)
            if error is not None:
                end = event_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_").lower()  # type: ignore[arg-type]
                span.set_attribute("error.type", error.code)
                if not exchange.ended:
                    await exchange.send(event_pb2.ChatEvent(error=error.to_proto()))
        except asyncio.CancelledError:
            if not exchange.ended:
                end = "cancelled"
            raise
        finally:
            _report(exchange, end, error)
    return error


def _report(exchange: Exchange, end: str, error: JanusError | None) -> None:
    metrics.LIVE.labels("server").dec()
    metrics.EXCHANGES.labels("server", end).inc()
    metrics.EVENTS.labels("server").inc(exchange.events_sent)
    metrics.DURATION.labels("server").observe(exchange.elapsed())
    first = exchange.first_event_after
    if first is not None:
        metrics.FIRST_EVENT.labels("server").observe(first)
    log.info(
        "exchange",
        end=end,
        events=exchange.events_sent,
        seconds=round(exchange.elapsed(), 4),
        first_event_seconds=None if first is None else round(first, 4),
        error=error.message if error else None,
        detail=getattr(error, "__notes__", None),
    )


async def _attempt(answer: Answer, exchange: Exchange) -> JanusError | None:
    try:
        async with asyncio.timeout(exchange.time_remaining()) as bound:
            await answer(exchange)
    except JanusError as error:
        return error
    except Exception as error:
        if isinstance(error, TimeoutError) and bound.expired():
            return DeadlineExceeded("the exchange took longer than its caller allows")
        log.exception("answer failed")
        return Internal(f"internal error; the log of request {exchange.request_id} says more")
    return None if exchange.ended else Internal("the answer stopped without an ending")


def _always() -> bool:
    return True


def _never() -> bool:
    return False


class ClientExchange:
    """The caller's side of one chat: an async iterator of events inside an `async with` block.

    The last event is the `finish`; an `error` is raised as its typed exception instead. Leaving the
    block before the end cancels the peer's work.
    """

    def __init__(self, open_: Open, request: request_pb2.ChatRequest, timeouts: Timeouts) -> None:
        self.events_received = 0
        self._open = open_
        self.transport: ClientTransport | None = None
        self._request = request
        self._timeouts = timeouts
        self._ended = False
        self._unread: deque[event_pb2.ChatEvent] = deque()
        self._expired: JanusError | None = None
        self._watchdog: Watchdog | None = None
        # Whether nothing but the peer keeps this exchange from going on.
        self._starved = _always

    async def __aenter__(self) -> Self:
        self._watchdog = Watchdog(self._timeouts, self._expire, self._is_starved)
        bound = self._timeouts.opening
        try:
            async with asyncio.timeout(bound):
                self.transport = await self._open(self._request, self._timeouts.total)
        except TimeoutError:
            self._close()
            raise Unavailable(f"the peer could not be reached within {bound:g} s") from None
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> event_pb2.ChatEvent:
        if not self._unread:
            self._unread.extend(await self._receive())
        return self._accept(self._unread.popleft())

    async def burst(self) -> list[event_pb2.ChatEvent]:
        """All events that have arrived, at least one; none after the `finish`.

        One wake-up instead of one per event, for those who can use several at once. An `error` is
        raised by the call after the one that returns the events before it.
        """
        events: list[event_pb2.ChatEvent] = []
        if self._ended:
            return events
        if not self._unread:
            self._unread.extend(await self._receive())
        while self._unread and not (events and self._unread[0].HasField("error")):
            events.append(self._accept(self._unread.popleft()))
        return events

    async def arrival(self) -> None:
        """Returns when there is an event to read; raises the `error` when that is the first.

        What arrived stays unread: whoever may still choose another peer looks before taking.
        """
        if not self._unread:
            self._unread.extend(await self._receive())
        if self._unread[0].HasField("error"):
            self._accept(self._unread.popleft())

    async def splice(self, sink: ServerEnd, note: Callable[[int], None]) -> event_pb2.ChatEvent:
        """Passes all that comes to another link without waking this task; returns the `finish`."""
        assert isinstance(self.transport, ClientEnd)
        assert self._watchdog is not None
        watchdog = self._watchdog
        while self._unread:
            event = self._accept(self._unread.popleft())
            if self._ended:
                return event
            await sink.write(event)
            note(1)

        def passed(count: int) -> None:
            watchdog.event()
            note(count)

        splice = Splice(self.transport, sink, passed)
        arrived = self.transport.arrived
        try:
            ending = await self._bounded(splice.ending, lambda: not arrived)
        finally:
            splice.close()
        if ending is None:
            raise self._expired or CompetitorFailed("the peer stopped without an ending")
        return self._accept(ending)

    async def _receive(self) -> list[event_pb2.ChatEvent]:
        if self._ended:
            raise StopAsyncIteration
        assert self.transport is not None, "an exchange is read inside its `async with` block"
        assert self._watchdog is not None
        events = await self._bounded(self.transport.receive())
        if not events:
            raise self._expired or CompetitorFailed("the peer stopped without an ending")
        self._watchdog.event()
        return events

    def _is_starved(self) -> bool:
        return self._starved()

    async def _bounded(self, waiting: Awaitable[WaitedT], starved: Callable[[], bool] = _always) -> WaitedT:
        """Waits, and turns the end of the wait into the timer's error when it was the timer's doing."""
        self._starved = starved
        try:
            return await waiting
        except (asyncio.CancelledError, JanusError) as error:
            if self._timed_out(error):
                raise self._expired from None  # type: ignore[misc]
            raise
        finally:
            self._starved = _never

    def _accept(self, event: event_pb2.ChatEvent) -> event_pb2.ChatEvent:
        payload = event.WhichOneof("payload")
        if payload == "error":
            self._ended = True
            raise JanusError.from_proto(event.error)
        if payload == "finish":
            self._ended = True
        self.events_received += 1
        return event

    def _expire(self, error: JanusError) -> None:
        self._expired = error
        if self.transport is not None:
            self.transport.cancel()

    def _timed_out(self, error: BaseException) -> bool:
        """Whether `error` is our own timer's doing and not the caller's task being cancelled."""
        if self._expired is None:
            return False
        task = asyncio.current_task()
        return isinstance(error, JanusError) or task is None or not task.cancelling()

    def _close(self) -> None:
        if self._watchdog is not None:
            self._watchdog.stop()
        if self.transport is not None:
            self.transport.cancel()
