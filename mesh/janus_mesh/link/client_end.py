"""One exchange as its caller sees it, on a link."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from janus_mesh.errors import CompetitorFailed, JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2

from .events import EVENT_BYTES, WINDOW_BYTES, Arrived, Said, as_event, as_said, size_of

ReadT = TypeVar("ReadT")


class Link(Protocol):
    """What an exchange needs of its link."""

    def grant(self, exchange: int, credit: int) -> None:
        """Tells the peer that it may send so many bytes more."""

    def leave(self, exchange: int) -> None:
        """Cancels an exchange at the peer; harmless after its ending."""


class ClientEnd:
    """One exchange as its caller sees it: the events that arrived and were not taken yet."""

    __slots__ = (
        "_link",
        "_ungranted",
        "_waiting",
        "arrived",
        "credit",
        "ended",
        "exchange",
        "failure",
        "on_change",
        "on_event",
    )

    def __init__(self, link: Link, exchange: int) -> None:
        self.exchange = exchange
        self.arrived: list[Arrived] = []  # short, being bounded by credit; an empty deque has 600 bytes
        self.credit = WINDOW_BYTES  # what the peer may still send
        self.ended = False
        self.failure: JanusError | None = None
        # Called after every change, in place of waking a reader.
        self.on_change: Callable[[], None] | None = None
        # Offered each event but the ending while none waits here; whether it took it.
        self.on_event: Callable[[int, bytes], bool] | None = None
        self._link = link
        self._ungranted = 0
        self._waiting: asyncio.Future[None] | None = None

    @property
    def readable(self) -> bool:
        """Whether `receive` would return, or raise, at once."""
        return bool(self.arrived) or self.ended

    @property
    def before_ending(self) -> int:
        """How many of the events that arrived are not the ending."""
        return len(self.arrived) - (1 if self.ended and self.failure is None and self.arrived else 0)

    def fail(self, error: JanusError) -> None:
        """Ends it with an error, which is raised once the events before it are read."""
        self.failure = error
        self.ended = True
        self.changed()

    def break_off(self, error: JanusError) -> None:
        """Ends it because of what the peer sent, and cancels it there."""
        self._link.leave(self.exchange)
        if self.failure is None:
            self.fail(error)

    def refuse(self, size: int) -> None:
        """Breaks off because of an event that costs `size` and was not granted, or is too large.

        So no peer makes a reader hold more than the window and one event.
        """
        if self.credit <= 0:
            self.break_off(CompetitorFailed("the peer sent more than it was granted credit for"))
        else:
            self.break_off(CompetitorFailed(f"the peer sent an event of {size - EVENT_BYTES} bytes"))

    async def receive(self) -> list[event_pb2.ChatEvent]:
        """The events that have arrived, at least one; none at all after the ending.

        Raises what ended the exchange without an ending once the events before it are read.
        """
        while True:
            if self.arrived:
                if events := self._read(as_event, len(self.arrived)):
                    return events
                continue
            if self.failure is not None:
                raise self.failure
            if self.ended:
                return []
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def said(self, count: int) -> list[Said]:
        """Takes the first `count` events, bare content as `str`; fewer when one of them cannot be read."""
        return self._read(as_said, count)

    def _read(self, reader: Callable[[int, bytes], ReadT], count: int) -> list[ReadT]:
        """Takes and reads events; the first that cannot be read breaks the exchange off."""
        events: list[ReadT] = []
        try:
            for kind, data in self.take(count):
                events.append(reader(kind, data))  # those before a bad one count
        except CompetitorFailed as error:
            self.arrived.clear()
            self.break_off(error)
        return events

    def take(self, count: int) -> list[Arrived]:
        """The first `count` events that arrived, which makes room for as many."""
        arrived = self.arrived
        if count == 1 == len(arrived):  # as nearly always
            taken = [arrived.pop()]
            self.taken(len(taken[0][1]) + EVENT_BYTES)
            return taken
        taken = arrived[:count]
        del arrived[:count]
        self.taken(size_of(taken))
        return taken

    def taken(self, size: int) -> None:
        """Notes that so many bytes were taken, and renews the peer's credit at half of the window."""
        self._ungranted += size
        if self._ungranted * 2 >= WINDOW_BYTES and not self.ended:
            self.credit += self._ungranted
            self._link.grant(self.exchange, self._ungranted)
            self._ungranted = 0

    def cancel(self) -> None:
        self._link.leave(self.exchange)
        if not self.ended:
            self.ended = True
            self.arrived.clear()  # nobody wants it, and none of it is an ending
            self.changed()

    def changed(self) -> None:
        """Something arrived, or ended it."""
        if self.on_change is not None:
            self.on_change()
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None
