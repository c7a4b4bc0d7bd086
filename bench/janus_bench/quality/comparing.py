"""Runs beside each other, on the tasks that they share: paired differences, tiers, fragility."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from janus_mesh.errors import InvalidRequest

from . import statistics
from .record import Run, TaskRecord
from .scores import NAMES, Sheet, weights
from .statistics import Bounds, Floats

_SUBSETS = 1000
_DROPPED_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Varied:
    """What differs between two runs of the same tasks: how many of them, by what."""

    answers: int
    scores: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The first run less the second, on `n` common tasks, with 95 % intervals.

    `effect` is the mean difference in quality per task over its standard deviation (Cohen's d_z); None
    where no task differs.
    """

    n: int
    composite: Bounds
    components: dict[str, Bounds]
    effect: Bounds | None
    wins: int
    losses: int
    varied: Varied

    @property
    def distinguishable(self) -> bool:
        return self.composite.excludes(0.0)

    @property
    def verdict(self) -> str:
        if not self.distinguishable:
            return "indistinguishable"
        return "the first is better" if self.composite.value > 0 else "the second is better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A run's place in a ranking. Runs of one tier cannot be told apart from the tier's first."""

    run_id: str
    name: str
    composite: float
    tier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragility:
    """How few tasks a ranking hangs on.

    `dropped` tasks, those that speak most for a run, suffice to put it behind the next one (None: no
    number does). `kept` is the share of random subsets without a tenth of the tasks that rank all runs alike.
    """

    dropped: tuple[int | None, ...]
    kept: float
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Runs from best to worst on the tasks that all of them share."""

    places: tuple[Place, ...]
    fragility: Fragility


def compare(first: Run, second: Run, seed: int = 0) -> Comparison:
    """Raises `InvalidRequest` when the runs share no task, or asked different suites."""
    one, two = _aligned([first, second])
    drawn = one.clusters.draws(seed)
    estimates = [statistics.means(sheet.values) for sheet in (one, two)]
    replicates = [statistics.resampled_means(sheet.values, sheet.clusters, drawn) for sheet in (one, two)]
    widening = one.clusters.widening
    gaps = one.values[:, 0] - two.values[:, 0]
    return Comparison(
        n=len(one.tasks),
        composite=statistics.interval(
            _whole(estimates[0]) - _whole(estimates[1]),
            statistics.composite(replicates[0], weights()) - statistics.composite(replicates[1], weights()),
            widening,
        ),
        components={
            name: statistics.interval(
                float(estimates[0][column] - estimates[1][column]),
                replicates[0][:, column] - replicates[1][:, column],
                widening,
            )
            for column, name in enumerate(NAMES)
            if not np.isnan(estimates[0][column])
        },
        effect=_effect(gaps, one, drawn),
        wins=int(np.sum(gaps > 0)),
        losses=int(np.sum(gaps < 0)),
        varied=_varied(first, second),
    )


def rank(runs: Sequence[Run], seed: int = 0) -> Ranking:
    """Places, tiers and fragility of two runs or more."""
    sheets = _aligned(runs)
    totals = [_whole(statistics.means(sheet.values)) for sheet in sheets]
    order = sorted(range(len(runs)), key=lambda number: -totals[number])
    places: list[Place] = []
    leader, tier = order[0], 1
    for number in order:
        if number != leader and compare(runs[leader], runs[number], seed).distinguishable:
            leader, tier = number, tier + 1
        run = runs[number]
        name = run.target.competitor_id or run.target.model
        places.append(Place(run_id=run.id, name=name, composite=round(totals[number], 2), tier=tier))
    return Ranking(places=tuple(places), fragility=fragility([sheets[number] for number in order], seed))


def fragility(ranked: Sequence[Sheet], seed: int = 0) -> Fragility:
    """Of sheets with the same tasks, best first."""
    tasks = len(ranked[0].tasks)
    dropped = tuple(
        _fewest_dropped(ahead.values, behind.values) for ahead, behind in itertools.pairwise(ranked)
    )
    random = np.random.default_rng(seed)
    size = max(1, round(tasks * (1 - _DROPPED_SHARE)))
    alike = sum(
        _in_order([sheet.values[subset] for sheet in ranked])
        for subset in (random.permutation(tasks)[:size] for _ in range(_SUBSETS))
    )
    return Fragility(dropped=dropped, kept=alike / _SUBSETS, tasks=tasks)


def _fewest_dropped(ahead: Floats, behind: Floats) -> int | None:
    """Drops the tasks that speak most for the leader, one after the other, until it leads no more."""
    difference = np.nan_to_num(ahead - behind)
    counts = np.maximum(1, np.sum(~np.isnan(ahead), axis=0))
    lead = np.sum(difference * weights() / counts, axis=1)
    order = np.argsort(-lead, kind="stable")
    for dropped in range(1, len(order)):
        kept = order[dropped:]
        if _whole(statistics.means(ahead[kept])) < _whole(statistics.means(behind[kept])):
            return dropped
    return None


def _in_order(values: Sequence[Floats]) -> bool:
    totals = [_whole(statistics.means(part)) for part in values]
    return all(ahead >= behind for ahead, behind in itertools.pairwise(totals))


def _whole(component_means: Floats) -> float:
    return float(statistics.composite(component_means, weights()))


def _effect(gaps: Floats, sheet: Sheet, drawn: Floats) -> Bounds | None:
    if not np.any(gaps):
        return None
    moments = np.column_stack([gaps, gaps**2])
    replicates = statistics.resampled_means(moments, sheet.clusters, drawn)

    def standardised(mean: Floats, square: Floats) -> Floats:
        deviation = np.sqrt(np.maximum(0.0, square - mean**2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(deviation > 0, mean / deviation, np.nan))

    value = standardised(*(np.asarray([np.mean(column)]) for column in moments.T))
    if np.isnan(value[0]):
        return None
    return statistics.interval(
        float(value[0]), standardised(replicates[:, 0], replicates[:, 1]), sheet.clusters.widening
    )


def _aligned(runs: Sequence[Run]) -> list[Sheet]:
    names = {run.suite.name for run in runs}
    if len(names) > 1:
        raise InvalidRequest(f"the runs asked different suites: {', '.join(sorted(names))}", param="suite")
    sheets = [Sheet.of(run.tasks) for run in runs]
    common = set(sheets[0].tasks).intersection(*(sheet.tasks for sheet in sheets[1:]))
    if not common:
        raise InvalidRequest("the runs share no scored task", param="tasks")
    tasks = sorted(common)
    return [sheet.only(tasks) for sheet in sheets]


def _varied(first: Run, second: Run) -> Varied:
    ones = {(record.id, record.repeat): record for record in first.tasks}
    pairs = [(ones[key], record) for record in second.tasks if (key := (record.id, record.repeat)) in ones]
    return Varied(
        answers=sum(_said(one) != _said(two) for one, two in pairs),
        scores=sum(one.worth != two.worth for one, two in pairs if one.score and two.score),
    )


def _said(record: TaskRecord) -> tuple[object, ...]:
    answer = record.answer
    return (answer.content, answer.tool_calls, [artifact.sha256 for artifact in answer.artifacts])
