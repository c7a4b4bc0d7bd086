"""Bootstrap intervals of means over tasks, clustered by category, for one run and for two.

A suite is a fixed set of benchmarks, each a sample of categories, each a sample of tasks. So benchmarks
are strata, and categories are drawn within them, whole: tasks of one category succeed and fail together,
and treating them as independent would make every interval too narrow (Cameron & Miller, 2015). Where a
benchmark has a single category its tasks are drawn one by one, as nothing larger is there to draw; and
benchmarks of a single task are drawn together.

With few clusters a percentile interval is too narrow; it is widened about the estimate by
t(df) / z * sqrt(G / df), with G clusters and df of them free (after Hesterberg, 2015, section 5.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

REPLICATES = 4000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure and its interval."""

    value: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        return not self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which tasks are drawn together: the cluster of each task, and the clusters of each stratum."""

    of_task: npt.NDArray[np.intp]
    strata: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, benchmarks: Sequence[str], categories: Sequence[str]) -> "Clusters":
        """From the benchmark and the category of each task, in order."""
        labels: dict[tuple[str, object], int] = {}
        several = {
            benchmark: len({c for b, c in zip(benchmarks, categories, strict=True) if b == benchmark}) > 1
            for benchmark in set(benchmarks)
        }
        of_task = [
            labels.setdefault((benchmark, category if several[benchmark] else number), len(labels))
            for number, (benchmark, category) in enumerate(zip(benchmarks, categories, strict=True))
        ]
        strata: dict[str, list[int]] = {}
        for (benchmark, _), cluster in labels.items():
            strata.setdefault(benchmark, []).append(cluster)
        return cls(np.array(of_task, dtype=np.intp), _collapsed(list(strata.values())))

    @property
    def count(self) -> int:
        return sum(len(stratum) for stratum in self.strata)

    @property
    def free(self) -> int:
        """Degrees of freedom: each stratum's mean takes one."""
        return sum(len(stratum) - 1 for stratum in self.strata)

    @property
    def widening(self) -> float:
        """By how much a percentile interval is too narrow with so few clusters; without limit for one."""
        if self.free < 1:
            return math.inf
        z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
        return t_quantile((1 + CONFIDENCE) / 2, self.free) / z * math.sqrt(self.count / self.free)

    def draws(self, seed: int, replicates: int = REPLICATES) -> Floats:
        """How often each cluster is drawn in each replicate."""
        random = np.random.default_rng(seed)
        drawn = np.zeros((replicates, self.count))
        for stratum in self.strata:
            size = len(stratum)
            drawn[:, list(stratum)] = random.multinomial(size, np.full(size, 1 / size), size=replicates)
        return drawn

    def sums(self, values: Floats) -> Floats:
        """Per-task values (tasks x figures), summed within each cluster."""
        summed = np.zeros((self.count, values.shape[1]))
        np.add.at(summed, self.of_task, values)
        return summed


def _collapsed(strata: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    """Strata of a single cluster are drawn as one: by themselves they would never vary."""
    several = [stratum for stratum in strata if len(stratum) > 1]
    single = [cluster for stratum in strata if len(stratum) == 1 for cluster in stratum]
    if len(single) == 1 and several:
        several[0] = [*several[0], *single]
    elif single:
        several.append(single)
    return tuple(tuple(stratum) for stratum in several)


def means(values: Floats) -> Floats:
    """The mean of each column over the tasks that have the figure; NaN where none has."""
    counts = np.sum(~np.isnan(values), axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(values, axis=0) / np.where(counts, counts, np.nan))


def resampled_means(values: Floats, clusters: Clusters, drawn: Floats) -> Floats:
    """The same for every replicate (replicates x figures)."""
    present = ~np.isnan(values)
    totals = drawn @ clusters.sums(np.where(present, values, 0.0))
    counts = drawn @ clusters.sums(present.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(counts > 0, totals / counts, np.nan))


def composite(component_means: Floats, weights: Floats) -> Floats:
    """Weighted over the components that were measured; the weights of the others are shared out."""
    measured = ~np.isnan(component_means)
    weighed = measured * weights
    total = np.sum(weighed, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sum(np.where(measured, component_means, 0.0) * weighed, axis=-1) / total)


def interval(value: float, replicates: Floats, widening: float) -> Bounds:
    """The widened percentile interval about `value`; NaN replicates had nothing to average."""
    known = replicates[~np.isnan(replicates)]
    if math.isnan(value) or not known.size:
        return Bounds(value, value, value)
    if math.isinf(widening):
        return Bounds(value, -math.inf, math.inf)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    below, above = max(0.0, value - float(low)), max(0.0, float(high) - value)
    return Bounds(value, value - widening * below, value + widening * above)


def t_quantile(probability: float, free: int) -> float:
    """Student's t, by Hill's expansion (Algorithm 396, CACM 1970); exact for one and two degrees."""
    if free == 1:
        return math.tan(math.pi * (probability - 0.5))
    if free == 2:
        return (2 * probability - 1) * math.sqrt(2 / (4 * probability * (1 - probability)))
    two_tailed = 2 * (1 - probability)
    a = 1 / (free - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * free
    x = d * two_tailed
    y = x ** (2 / free)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(two_tailed / 2)
        y = x**2
        if free < 5:
            c += 0.3 * (free - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y**2)
    else:
        y = (
            (1 / (((free + 6) / (free * y) - 0.089 * d - 0.822) * (free + 2) * 3) + 0.5 / (free + 4)) * y - 1
        ) * (free + 1) / (free + 2) + 1 / y
    return math.sqrt(free * y)
