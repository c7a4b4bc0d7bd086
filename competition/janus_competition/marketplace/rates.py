"""How often one address may try: a token bucket for each, in this process."""

import time
from collections.abc import Callable

from janus_mesh.errors import RateLimited

_MOST_BUCKETS = 10_000


class TrialRates:
    """`per_minute` trials for each client, evenly refilled."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # trials left, and when that was

    def take(self, client: str) -> None:
        """Counts a trial. Raises `RateLimited` with the seconds until there is room for it."""
        now = self._clock()
        left, counted_at = self._buckets.pop(client, (self._most, now))
        left = min(self._most, left + (now - counted_at) * self._most / 60)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MOST_BUCKETS:  # the one unheard of for the longest is full again
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise RateLimited(
                f"more than {self._most:g} trials a minute", retry_after=(1 - left) * 60 / self._most
            )
