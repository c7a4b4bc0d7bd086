"""Fewer tasks that stand for all: of each benchmark and category its share, the same for the same seed."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from janus_bench.quality.task import Task


def stratified(tasks: Sequence[Task], size: int, seed: int) -> tuple[Task, ...]:
    """`size` of the tasks, in their own order. Which ones does not depend on that order.

    The places are shared among the benchmarks, and each benchmark's among its categories: one each while
    there are places, and the rest by size. The seed decides between equals.
    """
    if size >= len(tasks):
        return tuple(tasks)
    chosen = {
        task.id
        for of_benchmark, places in _shared(tasks, lambda task: task.benchmark, size, seed)
        for of_category, fewer in _shared(of_benchmark, lambda task: task.category, places, seed)
        for task in sorted(of_category, key=lambda task: _dice(seed, task.id))[:fewer]
    }
    return tuple(task for task in tasks if task.id in chosen)


def _shared(
    tasks: Iterable[Task], name: Callable[[Task], str], places: int, seed: int
) -> list[tuple[list[Task], int]]:
    """The tasks by name, and how many of each to take."""
    groups: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        groups[name(task)].append(task)
    given = _places({group: len(members) for group, members in groups.items()}, places, seed)
    return [(members, given[group]) for group, members in groups.items()]


def _places(sizes: dict[str, int], places: int, seed: int) -> dict[str, int]:
    total = sum(sizes.values())
    shares = {group: places * size / total for group, size in sizes.items()}
    given = dict.fromkeys(sizes, 1 if places >= len(sizes) else 0)
    for _ in range(places - sum(given.values())):
        wanting = (group for group in sizes if given[group] < sizes[group])
        given[min(wanting, key=lambda group: (given[group] - shares[group], _dice(seed, group)))] += 1
    return given


def _dice(seed: int, name: str) -> str:
    """Noise that is the same on every machine and in every version of Python."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()
