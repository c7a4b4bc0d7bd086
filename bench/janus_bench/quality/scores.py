"""From the records of a run to its components and its composite. The formulas stand in bench/README.md.

Speed, cost and streaming count in proportion to what an answer was worth: a wrong answer is not fast, only
wrong. What failed is worth nothing.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from . import statistics
from .record import Benchmark, Component, Components, Interval, TaskRecord
from .references import Streaming, references
from .statistics import Bounds, Clusters, Floats
from .timing import SPOKEN

NAMES = ("quality", "speed", "cost", "streaming", "modality")


@dataclass(frozen=True)
class Sheet:
    """What each task earned in each component, from 0 to 100; NaN where the component has no say."""

    tasks: tuple[str, ...]
    benchmarks: tuple[str, ...]
    categories: tuple[str, ...]
    values: Floats

    @classmethod
    def of(cls, records: Iterable[TaskRecord]) -> "Sheet":
        """One row for each task that was scored: the mean of its repeats."""
        repeats: dict[str, list[TaskRecord]] = {}
        for record in records:
            if record.score is not None:
                repeats.setdefault(record.id, []).append(record)
        firsts = [same[0] for same in repeats.values()]
        rows = [
            [_mean(values) for values in zip(*map(earned, same), strict=True)] for same in repeats.values()
        ]
        return cls(
            tasks=tuple(repeats),
            benchmarks=tuple(first.benchmark for first in firsts),
            categories=tuple(first.category for first in firsts),
            values=np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES)),
        )

    @cached_property
    def clusters(self) -> Clusters:
        return Clusters.of(self.benchmarks, self.categories)

    def only(self, tasks: Sequence[str]) -> "Sheet":
        """The rows of these tasks, in this order."""
        rows = {task: row for row, task in enumerate(self.tasks)}
        chosen = [rows[task] for task in tasks]
        return Sheet(
            tuple(tasks),
            tuple(self.benchmarks[row] for row in chosen),
            tuple(self.categories[row] for row in chosen),
            self.values[chosen],
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of a run."""

    components: Components
    composite: Interval
    benchmarks: dict[str, Benchmark]


def weights() -> Floats:
    given = references().weights
    return np.array([getattr(given, name) for name in NAMES], dtype=np.float64)


def scored(records: Iterable[TaskRecord], seed: int) -> Scores:
    """Components, composite and benchmarks with their intervals."""
    sheet = Sheet.of(records)
    clusters = sheet.clusters
    drawn = clusters.draws(seed)
    estimates = statistics.means(sheet.values) if sheet.tasks else np.full(len(NAMES), np.nan)
    replicates = statistics.resampled_means(sheet.values, clusters, drawn)
    components = {name: _component(sheet, column, estimates, replicates) for column, name in enumerate(NAMES)}
    whole = statistics.interval(
        float(statistics.composite(estimates, weights())),
        statistics.composite(replicates, weights()),
        clusters.widening,
    )
    return Scores(Components(**components), Interval(**_percent(whole)), _benchmarks(sheet, seed))


def earned(record: TaskRecord) -> tuple[float, ...]:
    """What one answer earned in each component, 0 to 100."""
    worth = record.worth
    quality = 100 * worth
    beyond_text = set(record.modalities) - {"text"}
    return (
        quality,
        quality * _speed(record),
        quality * _cost(record),
        quality * _streaming(record),
        quality if beyond_text else np.nan,
    )


def _speed(record: TaskRecord) -> float:
    """The mean of the first visible text and ITL on their scales; the former alone where there is no ITL.

    Reasoning does not count as visible: a token of it at once would make any answer fast.
    """
    timing, scales = record.timing, references().speed
    if timing.visible_s is None:
        return scales.ttft_s(timing.latency_s)
    marks = [scales.ttft_s(timing.visible_s)]
    if timing.itl_s is not None:
        marks.append(scales.itl_s(timing.itl_s))
    return _mean(marks)


def _cost(record: TaskRecord) -> float:
    """The metered cost on its scale; what nobody metered is not called cheap.

    Metered means that the platform counted the model calls that the answer took: some other call that costs
    next to nothing does not make an answer cheap.
    """
    metered = record.usage is not None and record.usage.source == "metered"
    if not metered or record.cost_usd is None:
        return 0.0
    return references().cost.usd_per_task(record.cost_usd)


def _streaming(record: TaskRecord) -> float:
    """The mean of liveness, progress and flow; flow where the answer is long enough to show it."""
    scales = references().streaming
    told = [0.0, *(t for t, kind, _ in record.events if kind != "ping"), record.timing.latency_s]
    longest = max(later - earlier for earlier, later in itertools.pairwise(told))
    marks = [scales.silence_s(record.timing.max_silence_s), scales.progress_s(longest)]
    if (piece := _largest_piece(record, scales)) is not None:
        marks.append(scales.largest_piece(piece))
    return _mean(marks)


def _largest_piece(record: TaskRecord, scales: Streaming) -> float | None:
    """The largest share of an answer's text that came in one piece."""
    tokens = record.usage.completion_tokens if record.usage else None
    pieces: dict[float, int] = {}
    for t, kind, size in record.events:
        if kind in SPOKEN:
            pieces[t] = pieces.get(t, 0) + size
    if not pieces or tokens is None or tokens < scales.least_tokens:
        return None
    return max(pieces.values()) / max(1, sum(pieces.values()))


def _component(sheet: Sheet, column: int, estimates: Floats, replicates: Floats) -> Component:
    bounds = statistics.interval(float(estimates[column]), replicates[:, column], sheet.clusters.widening)
    n = int(np.sum(~np.isnan(sheet.values[:, column])))
    return Component(**_percent(bounds), weight=float(weights()[column]), n=n)


def _benchmarks(sheet: Sheet, seed: int) -> dict[str, Benchmark]:
    quality = {}
    for name in sorted(set(sheet.benchmarks)):
        part = sheet.only([t for t, b in zip(sheet.tasks, sheet.benchmarks, strict=True) if b == name])
        values, clusters = part.values[:, :1], part.clusters
        replicates = statistics.resampled_means(values, clusters, clusters.draws(seed))
        bounds = statistics.interval(float(statistics.means(values)[0]), replicates[:, 0], clusters.widening)
        quality[name] = Benchmark(**_percent(bounds), n=len(part.tasks))
    return quality


def _percent(bounds: Bounds) -> dict[str, float]:
    """Within 0 and 100, to four digits; a figure without a task is 0, and its `n` says so."""
    return {
        field.name: 0.0 if np.isnan(value) else round(min(100.0, max(0.0, value)), 4)
        for field in fields(bounds)
        for value in [getattr(bounds, field.name)]
    }


def _mean(values: Sequence[float]) -> float:
    return float(sum(values) / len(values))
