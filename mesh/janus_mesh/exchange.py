"""The two sides of one chat, without a word about the transport beneath.

A server answers an `Exchange`; a caller reads a `ClientExchange`. A transport implements
`ServerTransport` or `ClientTransport` and hands itself in.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from janus_proto._gen.janus.chat.v1 import chat_pb2, event_pb2, request_pb2

from . import logs, metrics
from ._watchdog import Watchdog
from .errors import CompetitorFailed, Internal, JanusError

log = logs.get("mesh.exchange")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a caller waits, in seconds; None waits for ever.

    `total` bounds the whole exchange and travels to the peer; `first_event` and `gap` bound the
    peer's silences and are kept here.
    """

    total: float | None = None
    first_event: float | None = None
    gap: float | None = None


class ServerTransport(Protocol):
    """What an `Exchange` needs of the wire."""

    async def write(self, event: event_pb2.ChatEvent) -> None:
        """Sends one event; waits while the caller has granted no credit."""


class ClientTransport(Protocol):
    """What a `ClientExchange` needs of the wire. Every failure is raised as a `JanusError`."""

    async def open(self, request: request_pb2.ChatRequest, total: float | None) -> None:
        """Sends the request, with the seconds that the peer has for all of it."""

    async def receive(self) -> chat_pb2.ChatServiceChatResponse | None:
        """The next frame, or None when the peer said all it had to say."""

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
        if not self.events_sent:
            self.first_event_after = self.elapsed()
        self.events_sent += 1
        if event.WhichOneof("payload") in ("finish", "error"):
            self.ended = True
        await self._transport.write(event)


Answer = Callable[[Exchange], Awaitable[None]]


async def conduct(answer: Answer, exchange: Exchange) -> JanusError | None:
    """Runs an answer so that it has exactly one ending, and reports it. Returns the error, if any."""
    end, error = "finish", None
    metrics.LIVE.labels("server").inc()
    try:
        error = await _attempt(answer, exchange)
        if error is not None:
            end = event_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_").lower()  # type: ignore[arg-type]
            if not exchange.ended:
                await exchange.send(event_pb2.ChatEvent(error=error.to_proto()))
    except asyncio.CancelledError:
        if not exchange.ended:
            end = "cancelled"
        raise
    finally:
        metrics.LIVE.labels("server").dec()
        metrics.EXCHANGES.labels("server", end).inc()
        metrics.EVENTS.labels("server").inc(exchange.events_sent)
        metrics.DURATION.labels("server").observe(exchange.elapsed())
        if exchange.first_event_after is not None:
            metrics.FIRST_EVENT.labels("server").observe(exchange.first_event_after)
        log.info(
            "exchange",
            end=end,
            events=exchange.events_sent,
            seconds=round(exchange.elapsed(), 4),
            first_event_seconds=exchange.first_event_after and round(exchange.first_event_after, 4),
            error=error.message if error else None,
        )
    return error


async def _attempt(answer: Answer, exchange: Exchange) -> JanusError | None:
    try:
        await answer(exchange)
    except JanusError as error:
        return error
    except Exception:
        log.exception("answer failed")
        return Internal(f"internal error; the log of request {exchange.request_id} says more")
    return None if exchange.ended else Internal("the answer stopped without an ending")


class ClientExchange:
    """The caller's side of one chat: an async iterator of events inside an `async with` block.

    The last event is the `finish`; an `error` is raised as its typed exception instead. Leaving the
    block before the end cancels the peer's work.
    """

    def __init__(
        self, transport: ClientTransport, request: request_pb2.ChatRequest, timeouts: Timeouts
    ) -> None:
        self.events_received = 0
        self._transport = transport
        self._request = request
        self._timeouts = timeouts
        self._ended = False
        self._expired: JanusError | None = None
        self._watchdog: Watchdog | None = None

    async def __aenter__(self) -> Self:
        self._watchdog = Watchdog(self._timeouts.first_event, self._timeouts.gap, self._expire)
        try:
            await self._transport.open(self._request, self._timeouts.total)
        except BaseException as error:
            self._close()
            if self._timed_out(error):
                raise self._expired from None  # type: ignore[misc]
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
        if self._ended:
            raise StopAsyncIteration
        try:
            frame = await self._transport.receive()
        except (asyncio.CancelledError, JanusError) as error:
            if self._timed_out(error):
                raise self._expired from None  # type: ignore[misc]
            raise
        if frame is None:
            raise CompetitorFailed("the peer stopped without an ending")
        return self._accept(frame)

    def _accept(self, frame: chat_pb2.ChatServiceChatResponse) -> event_pb2.ChatEvent:
        if frame.seq and frame.seq != self.events_received:
            raise CompetitorFailed(f"event {self.events_received} came as number {frame.seq}")
        self._watchdog.event()  # type: ignore[union-attr]  # set on entering
        self.events_received += 1
        event = frame.event
        payload = event.WhichOneof("payload")
        if payload == "error":
            self._ended = True
            raise JanusError.from_proto(event.error)
        if payload == "finish":
            self._ended = True
        return event

    def _expire(self, error: JanusError) -> None:
        self._expired = error
        self._transport.cancel()

    def _timed_out(self, error: BaseException) -> bool:
        """Whether `error` is our own timer's doing and not the caller's task being cancelled."""
        if self._expired is None:
            return False
        task = asyncio.current_task()
        return isinstance(error, JanusError) or task is None or not task.cancelling()

    def _close(self) -> None:
        if self._watchdog is not None:
            self._watchdog.stop()
        self._transport.cancel()
