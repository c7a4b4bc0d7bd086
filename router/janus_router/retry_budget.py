"""A bound on retries as a share of requests, so that they never multiply an outage.

A token bucket: every request pays in a fraction of a token, time pays in a small steady amount, and a
retry takes one out. (The idea is that of Finagle's and Envoy's retry budgets.)
"""

import time
from collections.abc import Callable

_SAVED_SECONDS = 10.0  # how much of the steady amount an idle router may save up


class RetryBudget:
    """`ratio` tokens per request and `per_second` tokens per second; one retry costs one."""

    def __init__(self, ratio: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._ratio = ratio
        self._per_second = per_second
        self._clock = clock
        self._most = max(1.0, per_second * _SAVED_SECONDS)
        self._tokens = min(self._most, per_second)
        self._counted_at = clock()

    def request(self) -> None:
        """Pays in for one request."""
        self._tokens = min(self._most, self._tokens + self._ratio)

    def retry(self) -> bool:
        """Takes one retry out if there is one."""
        now = self._clock()
        grown = self._tokens + (now - self._counted_at) * self._per_second
        self._tokens, self._counted_at = min(self._most, grown), now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
