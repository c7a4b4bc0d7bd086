"""How long to wait before starting a crashed service again."""

import random
from collections.abc import Callable


class Backoff:
    """Doubles from `first` to `longest` seconds, with jitter; forgets after a life of `settled` seconds.

    Jitter takes away up to a quarter, so that services that fell together do not rise together.
    """

    def __init__(
        self,
        first: float,
        longest: float,
        settled: float,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first, self._longest, self._settled = first, longest, settled
        self._chance = chance
        self._next = first

    def after(self, lived: float) -> float:
        """Seconds to wait after a life of `lived` seconds."""
        if lived >= self._settled:
            self._next = self._first
        delay, self._next = self._next, min(self._next * 2, self._longest)
        return delay * (1 - 0.25 * self._chance())
