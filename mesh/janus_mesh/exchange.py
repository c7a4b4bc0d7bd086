"""The answering side of one chat, without a word about the transport beneath.

A server answers an `Exchange` with an `Answer`; a transport implements `ServerTransport` and has the
answer conducted.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Protocol

from opentelemetry.trace import SpanKind

from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

from . import logs, metrics, traces
from .answer_limits import AnswerLimits
from .client_exchange import ClientExchange
from .errors import DeadlineExceeded, Internal, JanusError
from .link.client_end import ClientEnd
from .link.events import Said
from .link.server_end import ServerEnd
from .link.splice import Inspect
from .pieces import PIECE_BYTES, pieces
from .request_bounds import check_request_bounds

log = logs.get("mesh.exchange")

# An answer whose caller set no deadline: one that never reads must not hold its place for ever.
_LONGEST_SECONDS = 3600.0
# How long an error waits for a caller that does not read.
_LAST_EVENT_SECONDS = 10.0


# Changes a `finish` in place.
Amend = Callable[[event_pb2.ChatEvent], Awaitable[None]]


class ServerTransport(Protocol):
    """What an `Exchange` needs of the wire."""

    async def write(self, event: Said) -> None:
        """Sends one event; waits while the caller has granted no credit."""

    def offer(self, event: Said) -> bool:
        """Sends one event that is no ending, if that needs no waiting; whether it did."""


class Exchange:
    """The server's side of one chat. `Answer` coroutines get one."""

    __slots__ = (
        "_allowed",
        "_started",
        "_transport",
        "caller",
        "ended",
        "events_sent",
        "first_event_after",
        "request",
        "request_id",
        "token",
        "unseen_bytes",
    )

    def __init__(
        self,
        request: request_pb2.ChatRequest,
        transport: ServerTransport,
        *,
        request_id: str,
        time_remaining: float | None,
        token: str = "",
        caller: str = "",
    ) -> None:
        self.request = request
        self.request_id = request_id
        self.caller = caller  # opaque key of who asks; empty when unknown
        self.token = token  # for calls of the platform services; empty when the caller gave none
        self.events_sent = 0
        self.unseen_bytes = 0  # of content that `relay` passed without showing it to `inspect`
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

    async def send(self, event: Said) -> None:
        """Sends one event, waiting for credit. Cancelled (as a task) when the caller left.

        A `str` is a content delta of choice 0 and nothing more. A long text goes as several events. Raises
        `CompetitorFailed` for an event that is too large and cannot be cut.
        """
        if self.ended:
            raise RuntimeError("an event after the last one")
        if not isinstance(event, str) and event.WhichOneof("payload") in ("finish", "error"):
            self.ended = True
        elif (len(event) if isinstance(event, str) else event.ByteSize()) > PIECE_BYTES:
            for piece in pieces(event):
                self._note_events(1)
                await self._transport.write(piece)
            return
        self._note_events(1)
        await self._transport.write(event)

    def offer(self, event: Said) -> bool:
        """Sends one event that is no ending, if that needs no waiting; whether it did.

        For those who have events in callbacks; what was not sent is for `send`, before all that follows.
        """
        if self.ended or (len(event) if isinstance(event, str) else event.ByteSize()) > PIECE_BYTES:
            return False
        if not self._transport.offer(event):
            return False
        if self.events_sent:
            self.events_sent += 1
        else:
            self._note_events(1)
        return True

    async def relay(
        self,
        upstream: ClientExchange,
        amend: Amend | None = None,
        inspect: Inspect | None = None,
        limits: AnswerLimits | None = None,
    ) -> event_pb2.ChatEvent:
        """Sends on all that another exchange has to say and returns its `finish`.

        Args:
            upstream: where the events come from.
            amend: may change the `finish` before it is sent.
            inspect: sees every other event before it is sent, may change it in place, and returns False to
                drop it. Content of choice 0 without extras may pass without being shown; its bytes are then
                counted in `unseen_bytes`.
            limits: counts that content too; what `inspect` is shown is for `inspect` to count.

        Raises:
            JanusError: what reading `upstream`, `inspect` or `limits` raises. An error is not sent on, so
                that the caller may change it.
            DeadlineExceeded: the deadline of `upstream` passed while this exchange's reader took nothing.
        """
        try:
            async with asyncio.timeout_at(upstream.ends_at) as bound:
                return await self._relayed(upstream, amend, inspect, limits)
        except TimeoutError:
            if not bound.expired():
                raise
            raise DeadlineExceeded("the answer was not read within its time") from None

    async def _relayed(
        self,
        upstream: ClientExchange,
        amend: Amend | None,
        inspect: Inspect | None,
        limits: AnswerLimits | None,
    ) -> event_pb2.ChatEvent:
        if isinstance(upstream.transport, ClientEnd) and isinstance(self._transport, ServerEnd):
            event = await upstream.splice(self._transport, self._note_events, inspect, limits)
            await self._send_amended(event, amend)
            return event
        async for event in upstream:
            if event.HasField("finish"):
                await self._send_amended(event, amend)
            elif inspect is None or inspect(event):
                await self.send(event)
        return event

    async def _send_amended(self, finish: event_pb2.ChatEvent, amend: Amend | None) -> None:
        if amend is not None:
            await amend(finish)
        await self.send(finish)

    def _note_events(self, count: int, unseen_bytes: int = 0) -> None:
        self.unseen_bytes += unseen_bytes
        if not self.events_sent:
            self.first_event_after = self.elapsed()
        self.events_sent += count


Answer = Callable[[Exchange], Awaitable[None]]


# Looking a label up costs more than counting.
_LIVE = metrics.LIVE.labels("server")
_EVENTS = metrics.EVENTS.labels("server")
_DURATION = metrics.DURATION.labels("server")
_FIRST_EVENT = metrics.FIRST_EVENT.labels("server")
_ended = lru_cache(maxsize=64)(partial(metrics.EXCHANGES.labels, "server"))


async def conduct(answer: Answer, exchange: Exchange, headers: Mapping[str, str]) -> JanusError | None:
    """Runs an answer so that it has exactly one ending, and reports it. Returns the error, if any.

    To be called in a task of its own. `headers` are the caller's (lower case), whose trace goes on.
    """
    logs.bind(request_id=exchange.request_id)
    span = traces.begin("chat", headers, SpanKind.SERVER)
    end, error = "finish", None
    _LIVE.inc()
    try:
        error = await _attempt(answer, exchange)
        if error is not None:
            end = event_pb2.ErrorKind.Name(error.kind).removeprefix("ERROR_KIND_").lower()  # type: ignore[arg-type]
            span.set_attribute("error.type", error.code)
            if not exchange.ended:
                with suppress(TimeoutError):  # a caller that reads nothing has no use for it
                    async with asyncio.timeout(_LAST_EVENT_SECONDS):
                        await exchange.send(event_pb2.ChatEvent(error=error.to_proto()))
    except asyncio.CancelledError:
        if not exchange.ended:
            end = "cancelled"
        raise
    finally:
        _report(exchange, end, error)
        span.end()
    return error


def _report(exchange: Exchange, end: str, error: JanusError | None) -> None:
    seconds = exchange.elapsed()
    first = exchange.first_event_after
    _LIVE.dec()
    _ended(end).inc()
    _EVENTS.inc(exchange.events_sent)
    _DURATION.observe(seconds)
    if first is not None:
        _FIRST_EVENT.observe(first)
    log.info(
        "exchange",
        end=end,
        events=exchange.events_sent,
        seconds=round(seconds, 4),
        first_event_seconds=None if first is None else round(first, 4),
        error=error.message if error else None,
        detail=getattr(error, "__notes__", None),
    )


async def _attempt(answer: Answer, exchange: Exchange) -> JanusError | None:
    try:
        remaining = exchange.time_remaining()
        async with asyncio.timeout(_LONGEST_SECONDS if remaining is None else remaining) as bound:
            check_request_bounds(exchange.request)
            await answer(exchange)
    except JanusError as error:
        return error
    except Exception as error:
        if isinstance(error, TimeoutError) and bound.expired():
            return DeadlineExceeded("the exchange took longer than its caller allows")
        log.exception("answer failed")
        return Internal(f"internal error; the log of request {exchange.request_id} says more")
    return None if exchange.ended else Internal("the answer stopped without an ending")
