"""What a step of load says in figures."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from janus_bench.mesh.figures import quantile

from .generator import Outcome
from .plan import Mode, Slo
from .reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """A distribution of seconds; None where there was nothing to time."""

    p50: float
    p90: float
    p99: float
    p999: float
    max: float

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self | None:
        known = sorted(value for value in values if value is not None)
        if not known:
            return None
        p50, p90, p99, p999 = (quantile(known, share) for share in (0.5, 0.9, 0.99, 0.999))
        return cls(p50=p50, p90=p90, p99=p99, p999=p999, max=known[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """One step. Rates are per second of the time that counts.

    `lag` is how late the generator itself sent requests: where it is large, the generator was the
    bottleneck and the step says little about the target.
    """

    mode: Mode
    level: float
    requests: int
    failures: dict[str, int]
    throughput: float
    goodput: float
    tokens_per_second: float
    events_per_second: float
    ttft: Percentiles | None
    itl: Percentiles | None
    latency: Percentiles | None
    lag: Percentiles | None


def figures_of(outcome: Outcome, slo: Slo) -> StepFigures:
    """Requests count by when they were due; throughput, by when answers were complete."""
    counted = outcome.counted()
    good = [reading for reading in counted if reading.failure is None]
    ended = [
        r
        for r in outcome.readings
        if r.failure is None and outcome.counts_from <= r.ended_at < outcome.ends_at
    ]
    seconds = outcome.seconds
    return StepFigures(
        mode=outcome.step.mode,
        level=outcome.step.level,
        requests=len(counted),
        failures=dict(Counter(r.failure for r in counted if r.failure is not None)),
        throughput=len(ended) / seconds,
        goodput=sum(meets(reading, slo) for reading in counted) / seconds,
        tokens_per_second=sum(r.tokens or 0 for r in ended) / seconds,
        events_per_second=sum(r.events for r in ended) / seconds,
        ttft=Percentiles.of(r.ttft for r in good),
        itl=Percentiles.of(r.itl for r in good),
        latency=Percentiles.of(r.latency for r in counted if r.failure in (None, "unfinished", "timeout")),
        lag=Percentiles.of(r.sent_at - r.intended_at for r in counted),
    )


def meets(reading: Reading, slo: Slo) -> bool:
    """Answered in full, and in time; an answer of one token has no ITL to break."""
    if reading.failure is not None or reading.ttft is None:
        return False
    return reading.ttft <= slo.ttft_s and (reading.itl is None or reading.itl <= slo.itl_s)


def saturation(steps: list[StepFigures], share: float = 0.2) -> float | None:
    """The level from which more load hardly brings more answers; None when none was that high.

    That is where throughput first grows by less than `share` of what it grew by per unit of load at the
    lowest level.
    """
    if not steps or not steps[0].throughput:
        return None
    slope = steps[0].throughput / steps[0].level
    for below, above in itertools.pairwise(steps):
        if (above.throughput - below.throughput) / (above.level - below.level) < share * slope:
            return below.level
    return None
