"""Fewer tasks that stand for all: as many of each category as its share, the same ones for the same seed."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from janus_bench.quality.task import Task

Stratum = tuple[str, str]  # benchmark, category


def stratified(tasks: Sequence[Task], size: int, seed: int) -> tuple[Task, ...]:
    """`size` of the tasks, in their own order. Which ones does not depend on that order.

    Every category has one while there are places, and of the rest its share; the seed decides between equals.
    """
    if size >= len(tasks):
        return tuple(tasks)
    strata: dict[Stratum, list[Task]] = defaultdict(list)
    for task in tasks:
        strata[task.benchmark, task.category].append(task)
    places = _places({stratum: len(members) for stratum, members in strata.items()}, size, seed)
    chosen = {
        task.id for stratum, members in strata.items() for task in _first(members, places[stratum], seed)
    }
    return tuple(task for task in tasks if task.id in chosen)


def _places(sizes: dict[Stratum, int], places: int, seed: int) -> dict[Stratum, int]:
    total = sum(sizes.values())
    shares = {stratum: places * size / total for stratum, size in sizes.items()}
    given = dict.fromkeys(sizes, 1 if places >= len(sizes) else 0)
    for _ in range(places - sum(given.values())):
        wanting = (stratum for stratum in sizes if given[stratum] < sizes[stratum])
        given[min(wanting, key=lambda one: (given[one] - shares[one], _dice(seed, *one)))] += 1
    return given


def _first(tasks: Iterable[Task], count: int, seed: int) -> list[Task]:
    return sorted(tasks, key=lambda task: _dice(seed, task.id))[:count]


def _dice(seed: int, *names: str) -> str:
    """Noise that is the same on every machine and in every version of Python."""
    return hashlib.sha256("\0".join((str(seed), *names)).encode()).hexdigest()
