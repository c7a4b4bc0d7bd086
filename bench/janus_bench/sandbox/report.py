"""What the readings come to, beside what is aimed at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Milliseconds at the median; of the default backend, and shown beside the others.
AIMS = {"create, cold": 150.0, "create, warm": 20.0, "exec": 10.0, "terminate": 50.0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One operation, in milliseconds."""

    p50: float
    p99: float
    worst: float
    count: int
    aim_p50: float

    @property
    def reached(self) -> bool:
        return self.p50 <= self.aim_p50


def summary(readings: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    return {name: _figure(times, AIMS[name]) for name, times in readings.items()}


def table(backend: str, figures: Mapping[str, Figure]) -> str:
    lines = [f"{backend + ', ms':<16}{'p50':>8}{'p99':>8}{'worst':>8}{'count':>7}{'aim p50':>9}"]
    lines += [
        f"{name:<16}{one.p50:>8.1f}{one.p99:>8.1f}{one.worst:>8.1f}{one.count:>7}{one.aim_p50:>9.0f}"
        f"{'' if one.reached else '  missed'}"
        for name, one in figures.items()
    ]
    return "\n".join(lines)


def _figure(times: Sequence[float], aim: float) -> Figure:
    ordered = sorted(times)
    return Figure(_at(ordered, 0.50), _at(ordered, 0.99), ordered[-1], len(ordered), aim)


def _at(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    rank = -(-len(ordered) * share // 1)
    return ordered[max(0, int(rank) - 1)]
