"""Statistics small enough to be read: quantiles of one run, and the median and range of several."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least a share `q` of `values` does not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    return _ranked(sorted(values), q)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution in three numbers."""

    count: int
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quantiles | None":
        if not values:
            return None
        ordered = sorted(values)
        return cls(len(ordered), _ranked(ordered, 0.5), _ranked(ordered, 0.99), ordered[-1])


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over several rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread | None":
        if not values:
            return None
        return cls(statistics.median(values), min(values), max(values), len(values))


def _ranked(ordered: Sequence[float], q: float) -> float:
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]
