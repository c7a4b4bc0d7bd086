"""The bounds of an exchange, and the one timer that keeps them.

Noting an event is one assignment; the timer looks at the clock only when it fires, so the cost per
event does not depend on how many bounds there are.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from .errors import CompetitorTimeout, DeadlineExceeded, JanusError

# The peer knows the deadline too and reports it better; the caller's own is for a peer that cannot.
_DEADLINE_SLACK = 0.25
# A timer that fires later than this shows that this process was stopped or busy: what the peer sent meanwhile
# has not been read yet, so the silence is counted from then on.
_LATE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a caller waits, in seconds; None waits for ever.

    `total` bounds the whole exchange and travels to the peer; `first_event` and `gap` bound the
    peer's silences and are kept here.
    """

    total: float | None = None
    first_event: float | None = None
    gap: float | None = None

    @property
    def opening(self) -> float | None:
        """How long the peer may take to be reached."""
        bounds = [bound for bound in (self.total, self.first_event) if bound is not None]
        return min(bounds, default=None)


class Watchdog:
    """Calls `expire(error)` once, when the first event, a later one or the ending takes too long.

    `starved` tells whether the reader is waiting for the peer: a silence that a slow reader causes is
    not the peer's.
    """

    __slots__ = ("_due", "_ends", "_expire", "_handle", "_loop", "_seen", "_since", "_starved", "_timeouts")

    def __init__(
        self, timeouts: Timeouts, expire: Callable[[JanusError], None], starved: Callable[[], bool]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._expire = expire
        self._starved = starved
        self._since = self._loop.time()
        self._ends = None if timeouts.total is None else self._since + timeouts.total + _DEADLINE_SLACK
        self._seen = False
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._arm()

    @property
    def ends_at(self) -> float | None:
        """When the exchange ends even if its reader waits for something else; loop time, None for never."""
        return None if self._ends is None else self._ends + _DEADLINE_SLACK

    def event(self) -> None:
        """Notes that an event arrived."""
        self._since = self._loop.time()
        if not self._seen:
            self._seen = True
            self.stop()
            self._arm()

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _silence_ends(self) -> float | None:
        bound = self._timeouts.gap if self._seen else self._timeouts.first_event
        return None if bound is None else self._since + bound

    def _arm(self) -> None:
        times = [time for time in (self._silence_ends(), self._ends) if time is not None]
        if times:
            self._due = min(times)
            self._handle = self._loop.call_at(self._due, self._check)

    def _check(self) -> None:
        self._handle = None
        now = self._loop.time()
        if not self._starved() or now - self._due > _LATE_SECONDS:
            self._since = now
        silence_ends = self._silence_ends()
        if silence_ends is not None and now >= silence_ends:
            what = "the next event" if self._seen else "the first event"
            self._expire(CompetitorTimeout(f"{what} did not arrive within {silence_ends - self._since:g} s"))
        elif self._ends is not None and now >= self._ends:
            self._expire(DeadlineExceeded(f"the exchange took longer than {self._timeouts.total:g} s"))
        else:
            self._arm()
