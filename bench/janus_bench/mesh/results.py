"""What was measured, and the questions that a report asks of it.

Rounds are interleaved target by target, so a comparison is made round by round, between neighbours
in time, and only then summed up over the rounds: what the machine did meanwhile hits both sides.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .figures import Spread


class Figure(StrEnum):
    """Every number that a scenario may report; the names stand in the JSON file."""

    CPU_US_PER_TOKEN = "cpu_us_per_token"  # noqa: S105  # no secret
    CPU_US_PER_REQUEST = "cpu_us_per_request"
    TTFT_P50 = "ttft_p50_ms"
    TTFT_P99 = "ttft_p99_ms"
    GAP_P99 = "gap_p99_ms"
    DELAY_P50 = "delay_p50_ms"  # from the competitor's write of a token to the client's read
    DELAY_P99 = "delay_p99_ms"
    DELIVERED = "delivered_percent"  # tokens that arrived, of those that the paced streams should bring
    TOKENS_PER_SECOND = "tokens_per_second"
    RSS_KIB_PER_STREAM = "rss_kib_per_stream"
    RSS_GROWTH = "rss_growth_kib_per_stream"  # from a quarter of the hold to its end
    IDLE_CPU = "idle_cpu_percent"  # of one core, while the streams are held
    PINGS = "keep_alives_per_stream"
    STREAMS_HELD = "streams_held_percent"
    CANCEL_P50 = "cancel_p50_ms"
    CANCEL_P99 = "cancel_p99_ms"
    CANCEL_MISSED = "cancel_missed"  # clients whose leaving the competitor never saw


@dataclass(frozen=True, slots=True)
class Reading:
    """What one trial gave; a figure that could not be taken is left out."""

    figures: Mapping[Figure, float]
    parts: Mapping[str, float] = field(default_factory=dict)  # process -> its share of the first figure
    faults: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading with its place in the run."""

    scenario: str
    case: str
    target: str
    round: int
    reading: Reading


class Results:
    """All samples of a run."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self.samples = list(samples)

    def add(self, sample: Sample) -> None:
        self.samples.append(sample)

    def cases(self, scenario: str) -> list[str]:
        """In the order in which they were measured."""
        return list(dict.fromkeys(s.case for s in self.samples if s.scenario == scenario))

    def targets(self, scenario: str, case: str) -> set[str]:
        return {s.target for s in self.samples if (s.scenario, s.case) == (scenario, case)}

    def value(self, scenario: str, case: str, target: str, figure: Figure) -> Spread | None:
        return Spread.of(list(self._rounds(scenario, case, target, figure).values()))

    def ratio(self, scenario: str, case: str, target: str, figure: Figure, to: str) -> Spread | None:
        """`target`'s figure over that of `to`, round by round; infinite where `to` has none at all."""
        mine, theirs = (self._rounds(scenario, case, name, figure) for name in (target, to))
        both = [(mine[n], theirs[n]) for n in mine if n in theirs]
        return Spread.of([my / their if their else math.inf for my, their in both if my or their])

    def added(self, scenario: str, case: str, target: str, figure: Figure, over: str) -> Spread | None:
        """`target`'s figure minus that of `over`, round by round."""
        mine, theirs = (self._rounds(scenario, case, name, figure) for name in (target, over))
        return Spread.of([mine[n] - theirs[n] for n in mine if n in theirs])

    def parts(self, scenario: str, case: str, target: str) -> dict[str, float]:
        """Median share of each process of a target in the scenario's first figure."""
        taken: dict[str, list[float]] = {}
        for sample in self._of(scenario, case, target):
            for part, used in sample.reading.parts.items():
                taken.setdefault(part, []).append(used)
        return {part: spread.median for part, used in taken.items() if (spread := Spread.of(used))}

    def faults(self) -> list[tuple[Sample, str, int]]:
        return [(s, fault, count) for s in self.samples for fault, count in s.reading.faults.items()]

    def _rounds(self, scenario: str, case: str, target: str, figure: Figure) -> dict[int, float]:
        return {
            sample.round: sample.reading.figures[figure]
            for sample in self._of(scenario, case, target)
            if figure in sample.reading.figures
        }

    def _of(self, scenario: str, case: str, target: str) -> list[Sample]:
        place = (scenario, case, target)
        return [s for s in self.samples if (s.scenario, s.case, s.target) == place]
