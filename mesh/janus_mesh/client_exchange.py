"""The caller's side of one chat, without a word about the transport beneath.

A transport implements `ClientTransport`; whoever opens an exchange hands in how to get one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

from ._watchdog import Timeouts, Watchdog
from .answer_limits import AnswerLimits
from .errors import CompetitorFailed, JanusError, Unavailable
from .link.client_end import ClientEnd
from .link.events import Said
from .link.push import Push, Take
from .link.server_end import ServerEnd
from .link.splice import Inspect, Splice

WaitedT = TypeVar("WaitedT")


class ClientTransport(Protocol):
    """What a `ClientExchange` needs of the wire. Every failure is raised as a `JanusError`."""

    async def receive(self) -> list[event_pb2.ChatEvent]:
        """The events that have arrived, at least one; none when the peer said all it had to say."""

    def cancel(self) -> None:
        """Tells the peer to stop; harmless when all is over."""


# Sends a request, with the seconds that the peer has for all of it.
Open = Callable[[request_pb2.ChatRequest, float | None], Awaitable[ClientTransport]]


def _always() -> bool:
    return True


def _never() -> bool:
    return False


class ClientExchange:
    """The caller's side of one chat: an async iterator of events inside an `async with` block.

    The last event is the `finish`; an `error` is raised as its typed exception instead. Leaving the
    block before the end cancels the peer's work.
    """

    __slots__ = (
        "_ended",
        "_expired",
        "_open",
        "_request",
        "_starved",
        "_timeouts",
        "_unread",
        "_watchdog",
        "finish",
        "transport",
    )

    def __init__(self, open_: Open, request: request_pb2.ChatRequest, timeouts: Timeouts) -> None:
        self._open = open_
        self.transport: ClientTransport | None = None
        self._request: request_pb2.ChatRequest | None = request
        self._timeouts = timeouts
        self._ended = False
        self.finish: event_pb2.Finish | None = None  # the ending, once it was read
        self._unread: list[event_pb2.ChatEvent] = []
        self._expired: JanusError | None = None
        self._watchdog: Watchdog | None = None
        # Whether nothing but the peer keeps this exchange from going on.
        self._starved = _always

    async def __aenter__(self) -> Self:
        self._watchdog = Watchdog(self._timeouts, self._expire, self._is_starved)
        bound = self._timeouts.opening
        # A request may hold megabytes, which are not needed once it is on its way.
        request, self._request = self._request, None
        assert request is not None, "an exchange is entered once"
        try:
            async with asyncio.timeout(bound):
                self.transport = await self._open(request, self._timeouts.total)
        except TimeoutError:
            self._close()
            raise Unavailable(f"the peer could not be reached within {bound:g} s") from None
        except BaseException:
            self._close()
            raise
        return self

    @property
    def ends_at(self) -> float | None:
        """When the deadline has passed for certain, as loop time; None without one."""
        return None if self._watchdog is None else self._watchdog.ends_at

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
        return self._accept(self._unread.pop(0))

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
            events.append(self._accept(self._unread.pop(0)))
        return events

    async def arrival(self) -> None:
        """Returns when there is an event to read; raises the `error` when that is the first.

        What arrived stays unread: whoever may still choose another peer looks before taking.
        """
        if not self._unread:
            self._unread.extend(await self._receive())
        if self._unread[0].HasField("error"):
            self._accept(self._unread.pop(0))

    async def splice(
        self,
        sink: ServerEnd,
        note: Callable[[int, int], None],
        inspect: Inspect | None = None,
        limits: AnswerLimits | None = None,
    ) -> event_pb2.ChatEvent:
        """Passes all that comes to another link without waking this task; returns the `finish`.

        `inspect` sees each event before it is passed on, except bare content, which `limits` counts, and the
        ending. `note` is told how many events passed, and how many bytes of content `inspect` did not see.
        """
        assert isinstance(self.transport, ClientEnd)
        assert self._watchdog is not None
        while self._unread:
            event = self._accept(self._unread.pop(0))
            if self._ended:
                return event
            if inspect is None or inspect(event):
                await sink.write(event)
                note(1, 0)

        splice = Splice(self.transport, sink, self._watchdog.event, inspect, limits)
        arrived = self.transport.arrived
        try:
            ending = await self._bounded(splice.ending, lambda: not arrived)
        finally:
            splice.close()
            note(splice.passed, splice.content_bytes)
        if ending is None:
            raise self._expired or CompetitorFailed("the peer stopped without an ending")
        return self._accept(ending)

    async def push(self, take: Take) -> None:
        """Hands what arrives to `take`, in the very callback that brought it, until `take` returns False.

        It also returns when nothing is left but the ending, which `burst` then gives. `take` must not
        wait, and gets at least one event; a `str` is a content delta of choice 0 and nothing more.
        """
        while True:
            ready = self._unread_before_ending()
            if ready and not take(ready):
                return
            if self._unread or self._ended:
                return
            if isinstance(self.transport, ClientEnd):
                await self._pushed(self.transport, take)
                return
            self._unread.extend(await self._receive())

    def _unread_before_ending(self) -> list[Said]:
        ready: list[Said] = []
        while self._unread and self._unread[0].WhichOneof("payload") not in ("finish", "error"):
            ready.append(self._unread.pop(0))
        return ready

    async def _pushed(self, source: ClientEnd, take: Take) -> None:
        assert self._watchdog is not None
        push = Push(source, take, self._watchdog.event)
        try:
            await self._bounded(push.stopped)
        finally:
            push.close()

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
            self.finish = event.finish
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
