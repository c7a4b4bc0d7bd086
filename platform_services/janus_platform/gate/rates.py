"""How often one request may call: a token bucket for each."""

import time
from collections.abc import Callable

from janus_mesh.errors import RateLimited

_MOST_BUCKETS = 10_000


class Rates:
    """`per_second` calls for each name, and `burst` at once after a pause; 0 per second sets no bound."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # calls left, and when that was

    def take(self, name: str) -> None:
        """Counts a call. Raises `RateLimited` with the seconds until there is room for it."""
        if not self._per_second:
            return
        now = self._clock()
        left, counted_at = self._buckets.pop(name, (float(self._burst), now))
        left = min(self._burst, left + (now - counted_at) * self._per_second)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MOST_BUCKETS:  # the one unheard of for the longest is full again
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise RateLimited(
                f"more than {self._per_second:g} calls a second", retry_after=(1 - left) / self._per_second
            )
