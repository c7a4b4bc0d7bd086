"""One exchange as its answer sees it, on a link."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

from .events import CONTENT, ERROR, EVENT_BYTES, FINISH, Said, kind_of
from .outbox import Outbox

# The credit that a caller may have granted and that is not used yet: events of as many bytes may have to wait
# for a caller that does not read.
MAX_CREDIT_BYTES: Final = 1024 * 1024
# The first events of an exchange, from the route to the first of its text, wait for no others.
_HURRIED_EVENTS = 4


class Link(Protocol):
    """What an exchange needs of its link."""

    @property
    def outbox(self) -> Outbox[Any]:
        """Where events wait for the wire, as columns."""

    def end(self, exchange: int, kind: int, event: bytes) -> None:
        """Queues an exchange's ending."""


class ServerEnd:
    """One exchange as its answer sees it: what it may still send, and whether anybody listens."""

    __slots__ = ("_credit", "_hurried", "_left", "_link", "_waiting", "exchange", "on_credit", "on_leave")

    def __init__(self, link: Link, exchange: int, credit: int) -> None:
        self.exchange = exchange
        self.on_leave: Callable[[], object] | None = None
        self.on_credit: Callable[[], None] | None = None
        self._link = link
        self._credit = credit
        self._hurried = _HURRIED_EVENTS
        self._left = False
        self._waiting: asyncio.Future[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether `forward` would queue an event."""
        return self._credit > 0 or self._left

    async def write(self, event: Said) -> None:
        """Queues an event, when the caller has granted credit for it. An ending needs none."""
        kind, data = _as_item(event)
        if kind in (FINISH, ERROR):
            if not self._left:
                self._left = True
                self._link.end(self.exchange, kind, data)
            return
        while not self.forward(kind, data):
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def offer(self, event: Said) -> bool:
        """Queues an event that is no ending, when there is credit for it; whether it did."""
        if type(event) is str:
            return self.forward(CONTENT, event.encode())
        return self.forward(*_as_item(event))

    def forward(self, kind: int, data: bytes) -> bool:
        """As `offer`, with an event as it goes on the wire."""
        if self._left:
            return True  # what nobody wants any more has nothing to wait for
        if self._credit <= 0:
            return False
        size = len(data) + EVENT_BYTES
        self._credit -= size
        hurry = self._hurried > 0
        if hurry:
            self._hurried -= 1
        self._link.outbox.put((self.exchange, kind, data), size, hurry=hurry)
        return True

    def hurry(self) -> None:
        """No event from now on is to be held back for more to share its message."""
        self._hurried = sys.maxsize

    def grant(self, credit: int) -> bool:
        """Adds credit. Returns False when the caller granted more than it may, so that it must end."""
        if self._credit + credit > MAX_CREDIT_BYTES:
            return False
        self._credit += credit
        if self.on_credit is not None:
            self.on_credit()
        self._wake()
        return True

    def leave(self) -> None:
        """The caller is gone: the answer is told, and nothing more is sent."""
        self._left = True
        self._wake()
        if self.on_leave is not None:
            self.on_leave()

    def _wake(self) -> None:
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None


def _as_item(event: Said) -> tuple[int, bytes]:
    if isinstance(event, str):
        return CONTENT, event.encode()
    return kind_of(event), event.SerializeToString()
