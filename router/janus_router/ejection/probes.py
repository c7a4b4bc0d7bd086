"""The bounded share of requests that an ejected competitor still gets when there is nobody else."""

import math
import time
from collections.abc import Callable

# One token may be saved up for a second caller.
_BURST = 2.0


class Probes:
    """A token bucket. A caller who took the latest probe gets the next one only from a full bucket.

    So one caller whose requests make the competitor fail cannot keep the others' requests out.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._tokens = 0.0
        self._counted_at = clock()
        self._latest: str | None = None

    def refill(self) -> None:
        """Starts anew with a full bucket; without a rate it stays empty."""
        self._tokens = _BURST if self._per_second else 0.0
        self._counted_at = self._clock()
        self._latest = None

    def wait(self, caller: str) -> float:
        """Returns the seconds until the caller may send a probe: 0 for now, infinity for never."""
        missing = self._needed(caller) - self._grown()
        if missing <= 0:
            return 0.0
        return missing / self._per_second if self._per_second else math.inf

    def take(self, caller: str) -> None:
        """Takes one token out."""
        self._tokens, self._counted_at = max(0.0, self._grown() - 1.0), self._clock()
        self._latest = caller

    def _needed(self, caller: str) -> float:
        return _BURST if caller == self._latest else 1.0

    def _grown(self) -> float:
        return min(_BURST, self._tokens + (self._clock() - self._counted_at) * self._per_second)
