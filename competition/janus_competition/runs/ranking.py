"""From runs to a ranking with tiers.

Two entries are told apart when the 95% interval of their difference leaves out zero. Both runs are
independent samples, so the half-widths of their intervals add in squares.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .record import Figure
from .repository import RunSummary


@dataclass(frozen=True, slots=True)
class Entry:
    """One competitor's place; rank and tier count from 1."""

    rank: int
    tier: int
    run: RunSummary
    runs: int


def ranked(runs: Sequence[RunSummary]) -> list[Entry]:
    """The latest run of each competitor, the best first. `runs` come with the newest first."""
    latest: dict[str, RunSummary] = {}
    counts: dict[str, int] = {}
    for run in runs:
        latest.setdefault(run.competitor_id, run)
        counts[run.competitor_id] = counts.get(run.competitor_id, 0) + 1
    best = sorted(latest.values(), key=lambda run: (-run.composite.value, run.competitor_id))
    entries: list[Entry] = []
    leader, tier = None, 0
    for rank, run in enumerate(best, 1):
        if leader is None or distinguishable(leader, run.composite):
            leader, tier = run.composite, tier + 1
        entries.append(Entry(rank, tier, run, counts[run.competitor_id]))
    return entries


def distinguishable(one: Figure, other: Figure) -> bool:
    """Whether their difference is more than noise."""
    return abs(one.value - other.value) > math.hypot(_half_width(one), _half_width(other))


def _half_width(figure: Figure) -> float:
    return (figure.high - figure.low) / 2
