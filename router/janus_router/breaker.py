"""Outlier ejection: a competitor whose answers keep failing is left alone for a while.

Enough failures in a row eject it. When its time is over, one exchange is its trial: the first event
lets others in again, on probation, and a finish restores it; a failure ejects it anew, for twice as
long. Only outcomes of exchanges that began since the last ejection count.
"""

import time
from collections.abc import Callable

# The longest ejection, and how long a competitor must do well before its next one is short again.
LONGEST_SECONDS = 300.0
_PUT_OFF_SECONDS = 1.0


class Breaker:
    """The record of one competitor. `begin` gives a token that the exchange's outcome is told with."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._shortest = seconds
        self._clock = clock
        self._failures = 0
        self._ejection = 0
        self._seconds = 0.0
        self._until: float | None = None
        self._restored_at = -float("inf")
        self._on_trial = False
        self.reason = ""

    @property
    def ejected(self) -> bool:
        """Whether it is out, its trial included."""
        return self._until is not None

    @property
    def remaining(self) -> float:
        """Seconds until a trial is possible; 0 when it is, or when there is no need."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def admits(self) -> bool:
        """Whether an exchange may go there now."""
        return not self.ejected or (not self._on_trial and not self.remaining)

    def hasten(self) -> None:
        """Lets the trial happen now: there is news that the competitor is well."""
        if self._until is not None:
            self._until = self._clock()

    def begin(self) -> int:
        """Notes that an exchange goes there; while ejected it is the trial."""
        self._on_trial = self.ejected
        return self._ejection

    def responded(self, token: int) -> None:
        """The first event came: a trial has gone well so far, one failure more undoes it."""
        if token == self._ejection and self.ejected:
            self._until = None
            self._on_trial = False
            self._failures = self._limit - 1
            self._restored_at = self._clock()

    def succeeded(self, token: int) -> None:
        """The exchange finished."""
        if token == self._ejection:
            self._failures = 0

    def failed(self, token: int, reason: str, *, reached: bool = True) -> bool:
        """The competitor's own fault ended the exchange. Returns whether that ejects it.

        A trial that did not even reach it decides nothing and is only put off.
        """
        if token != self._ejection:
            return False
        if self.ejected and not reached:
            self._until = self._clock() + min(_PUT_OFF_SECONDS, self._shortest)
            self._on_trial = False
            return False
        self._failures += 1
        if not self.ejected and self._failures < self._limit:
            return False
        self._eject(reason)
        return True

    def undecided(self, token: int) -> None:
        """The exchange says nothing of the competitor: its caller left or was at fault."""
        if token == self._ejection:
            self._on_trial = False

    def _eject(self, reason: str) -> None:
        now = self._clock()
        relapsed = self.ejected or now - self._restored_at < LONGEST_SECONDS
        longest = max(LONGEST_SECONDS, self._shortest)
        self._seconds = min(self._seconds * 2, longest) if relapsed and self._seconds else self._shortest
        self._until = now + self._seconds
        self._on_trial = False
        self._ejection += 1
        self.reason = reason
