"""Failures in a row, counted per caller, so that no caller's requests alone decide about a competitor."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# Callers remembered per competitor; the one that was heard of longest ago is forgotten first.
_MOST_CALLERS = 256


@dataclass(slots=True)
class _Streak:
    failures: int
    at: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What the callers of the window say."""

    failures: int  # in all streaks
    capped: int  # the same, with at most `most_each` of each caller
    failing: int  # callers whose latest request failed
    active: int  # callers with an outcome in the window


class Streaks:
    """The latest outcomes of each caller. A success ends that caller's streak and nobody else's.

    Args:
        window: seconds after which a caller's latest outcome no longer counts.
    """

    def __init__(self, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._by_caller: OrderedDict[str, _Streak] = OrderedDict()

    def succeeded(self, caller: str) -> None:
        self._record(caller, failed=False)

    def failed(self, caller: str) -> None:
        self._record(caller, failed=True)

    def clear(self) -> None:
        self._by_caller.clear()

    def tally(self, most_each: int) -> Tally:
        """Sums up; one caller adds at most `most_each` to `capped`."""
        self._expire()
        streaks = [streak.failures for streak in self._by_caller.values()]
        return Tally(
            failures=sum(streaks),
            capped=sum(min(failures, most_each) for failures in streaks),
            failing=sum(1 for failures in streaks if failures),
            active=len(streaks),
        )

    def _record(self, caller: str, *, failed: bool) -> None:
        self._expire()
        before = self._by_caller.pop(caller, None)
        failures = (before.failures if before else 0) + 1 if failed else 0
        self._by_caller[caller] = _Streak(failures, self._clock())
        if len(self._by_caller) > _MOST_CALLERS:
            self._by_caller.popitem(last=False)

    def _expire(self) -> None:
        oldest = self._clock() - self._window
        while self._by_caller:
            caller, streak = next(iter(self._by_caller.items()))
            if streak.at > oldest:
                return
            del self._by_caller[caller]
