"""Token buckets: so many units per minute, for each of many callers, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_WINDOW_SECONDS: Final = 60.0
# About 200 bytes each. The least recently used is forgotten first, which only restores its caller's units.
_MAX_CALLERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Level:
    """What a caller has left.

    Attributes:
        limit: units per minute.
        remaining: units left now, rounded down.
        reset: seconds until all units are back.
        next_unit: seconds until there is one unit; 0 when there is.
    """

    limit: int
    remaining: int
    reset: float
    next_unit: float


class Buckets:
    """One bucket per caller. It holds `limit` units and refills evenly within a minute.

    Args:
        limit: units per minute.
        now: the clock, in seconds.
    """

    def __init__(self, limit: int, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._rate = limit / _WINDOW_SECONDS
        self._now = now
        # When the bucket is full again, by caller, the least recently used first. Full ones are not kept.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def level(self, caller: str) -> Level:
        """What the caller has left."""
        reset = max(0.0, self._full_at.get(caller, 0.0) - self._now())
        units = self._limit - reset * self._rate
        # Sums of floats: 0.9999999 units are one.
        whole = max(0, int(units + 1e-6))
        return Level(self._limit, whole, reset, 0.0 if whole else (1 - units) / self._rate)

    def take(self, caller: str, units: int) -> None:
        """Takes units, also more than there are: at most one minute's worth is owed."""
        now = self._now()
        full_at = max(now, self._full_at.pop(caller, now)) + units / self._rate
        self._full_at[caller] = min(full_at, now + 2 * _WINDOW_SECONDS)
        if len(self._full_at) > _MAX_CALLERS:
            self._full_at.popitem(last=False)
