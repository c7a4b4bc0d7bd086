"""One timer per exchange that bounds its silences, re-armed lazily.

Noting an event is one assignment; the timer looks at the clock only when it fires, so the cost per
event does not depend on how many bounds there are.
"""

import asyncio
from collections.abc import Callable

from .errors import CompetitorTimeout, JanusError


class Watchdog:
    """Calls `expire(error)` once when the first event or a later gap takes too long (seconds)."""

    def __init__(
        self, first_event: float | None, gap: float | None, expire: Callable[[JanusError], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._bounds = (first_event, gap)
        self._expire = expire
        self._since = self._loop.time()
        self._seen = False
        self._handle: asyncio.TimerHandle | None = None
        self._arm()

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

    def _arm(self) -> None:
        bound = self._bounds[self._seen]
        if bound is not None:
            self._handle = self._loop.call_at(self._since + bound, self._check, bound)

    def _check(self, bound: float) -> None:
        if self._loop.time() - self._since < bound:
            self._arm()
            return
        what = "the next event" if self._seen else "the first event"
        self._handle = None
        self._expire(CompetitorTimeout(f"{what} did not arrive within {bound:g} s"))
