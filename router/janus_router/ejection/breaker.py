"""The circuit breaker of one competitor: closed, ejected, on probation.

Failures of several callers within a window eject it; one caller alone cannot. While it is ejected, a
bounded rate of probes still reaches it when there is nobody else to ask, and when its time is over one
request is its trial. The first event of a probe or trial lets all requests in again, on probation: until
one finishes, one failure each of several callers ejects it again, for twice as long. Only outcomes of
requests that began since the latest ejection count.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from .probes import Probes
from .streaks import Streaks

# The longest ejection, and how long a competitor must do well before its next one is short again.
LONGEST_SECONDS = 300.0
_PUT_OFF_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """When a competitor is ejected, for how long, and what it gets meanwhile."""

    failures: int = 5  # in a row at their caller, all callers together
    callers: int = 2  # distinct ones that these failures must come from
    rate: float = 0.5  # share of the active callers whose latest request must have failed
    window: float = 120.0  # seconds after which a caller's latest outcome no longer counts
    seconds: float = 10.0  # the first ejection
    probes_per_second: float = 1.0  # while ejected


class Role(Enum):
    """What a request is for the breaker."""

    NORMAL = "normal"
    TRIAL = "trial"  # the one request when an ejection's time is over
    PROBE = "probe"  # one of the bounded share during an ejection


@dataclass(frozen=True, slots=True)
class Ticket:
    """Goes with one request; its outcome is told with it."""

    era: int  # number of ejections before it
    caller: str
    role: Role


class Breaker:
    """`begin` gives a ticket; then `responded` at the first event and one of the outcomes at the end."""

    def __init__(self, rules: Rules, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._streaks = Streaks(rules.window, clock)
        self._probes = Probes(rules.probes_per_second, clock)
        self._era = 0
        self._seconds = 0.0
        self._until: float | None = None
        self._restored_at = -float("inf")
        self._on_trial = False
        self._on_probation = False
        # Callers whose trial or probe failed since the ejection was last prolonged.
        self._blaming: set[str] = set()
        self.reason = ""  # why it was ejected; quotes nobody's request

    @property
    def ejected(self) -> bool:
        """True while it is out, its trial included."""
        return self._until is not None

    @property
    def remaining(self) -> float:
        """Seconds until a trial is possible; 0 when it is, or when there is no need."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def wait(self, caller: str) -> float:
        """Returns the seconds until a request of this caller may be admitted, as trial or probe."""
        if not self.ejected:
            return 0.0
        trial = math.inf if self._on_trial else self.remaining
        return min(trial, self._probes.wait(caller))

    def admits(self) -> bool:
        """True when any request may go there now."""
        return not self.ejected or (not self._on_trial and not self.remaining)

    def admits_probe(self, caller: str) -> bool:
        """True when a request that has nobody else to go to may go there in spite of the ejection."""
        return self.ejected and not self._probes.wait(caller)

    def hasten(self) -> None:
        """Lets the trial happen now: there is news that the competitor is well."""
        if self._until is not None:
            self._until = self._clock()

    def begin(self, caller: str = "") -> Ticket:
        """Notes that a request goes there; while ejected it is the trial if one is due, else a probe."""
        role = Role.NORMAL
        if self.ejected:
            role = Role.TRIAL if self.admits() else Role.PROBE
            if role is Role.TRIAL:
                self._on_trial = True
            else:
                self._probes.take(caller)
        return Ticket(self._era, caller, role)

    def responded(self, ticket: Ticket) -> None:
        """The first event came: while ejected, this lets all requests in again, on probation."""
        if ticket.era == self._era and self.ejected:
            self._until = None
            self._on_trial = False
            self._on_probation = True
            self._restored_at = self._clock()

    def succeeded(self, ticket: Ticket) -> None:
        """The request finished."""
        if ticket.era == self._era:
            self._on_probation = False
            self._streaks.succeeded(ticket.caller)

    def failed(self, ticket: Ticket, *, code: str = "", reached: bool = True) -> bool:
        """The competitor's own fault ended the request. Returns whether that ejects it (again).

        Args:
            ticket: what `begin` gave.
            code: kind of the failure.
            reached: False when the request did not get to it: such a trial is only put off.
        """
        if ticket.era != self._era:
            return False
        if self.ejected:
            return self._failed_while_ejected(ticket, reached=reached)
        self._streaks.failed(ticket.caller)
        rules = self._rules
        needed = rules.callers if self._on_probation else rules.failures
        tally = self._streaks.tally(most_each=math.ceil(needed / rules.callers))
        agreed = tally.failing >= rules.callers and tally.failing >= rules.rate * tally.active
        if not agreed or tally.capped < needed:
            return False
        of = "1 caller" if tally.failing == 1 else f"{tally.failing} callers"
        self.reason = f"after {_failures(tally.failures)} of {of}"
        if code:
            self.reason += f", the last one `{code}`"
        self._eject()
        return True

    def undecided(self, ticket: Ticket) -> None:
        """The request says nothing about the competitor: its caller left or was at fault."""
        if ticket.era == self._era and ticket.role is Role.TRIAL:
            self._on_trial = False

    def _failed_while_ejected(self, ticket: Ticket, *, reached: bool) -> bool:
        if ticket.role is not Role.TRIAL:
            if reached:
                self._blaming.add(ticket.caller)
            return False
        self._on_trial = False
        repeated = ticket.caller in self._blaming and self._rules.callers > 1
        if not reached or repeated:  # one caller prolongs an ejection once
            self._until = self._clock() + min(_PUT_OFF_SECONDS, self._rules.seconds)
            return False
        self._blaming.add(ticket.caller)
        if len(self._blaming) < self._rules.callers:
            self._until = self._clock() + self._seconds
            return False
        self._eject()
        return True

    def _eject(self) -> None:
        now = self._clock()
        relapsed = self.ejected or now - self._restored_at < LONGEST_SECONDS
        longest = max(LONGEST_SECONDS, self._rules.seconds)
        self._seconds = min(self._seconds * 2, longest) if relapsed and self._seconds else self._rules.seconds
        self._until = now + self._seconds
        self._on_trial = self._on_probation = False
        self._blaming.clear()
        self._streaks.clear()
        self._probes.refill()
        self._era += 1


def _failures(count: int) -> str:
    return "1 failure" if count == 1 else f"{count} failures"
