"""All suites by name."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from janus_bench.quality.task import Task

from .adapters import ADAPTERS, Adapter
from .composite import EACH, intelligence_tasks
from .private import private_tasks
from .public import BENCHMARKS, public_tasks
from .sampling import stratified
from .suite import Suite, SuiteError, SuiteSummary

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A suite that can be asked for. `counts` is None where it is told only by reading it."""

    description: str
    read: Callable[[Environment], tuple[Task, ...]]
    missing: Callable[[Environment], str]
    counts: Mapping[str, int] | None = None
    private: bool = False


def load_suite(name: str, *, benchmark: str | None = None, subset: int | None = None, seed: int = 0) -> Suite:
    """The tasks of a suite, or of one benchmark of it, or a sample: the same one for the same seed.

    Raises `SuiteError` for a name, a benchmark or a subset that is not there, and for lines that are not as
    they should be; `SuiteUnavailable` when the suite's data is not here.
    """
    entry = _CATALOGUE.get(name)
    if entry is None:
        raise SuiteError(f"suite: there is no {name!r}; there are {', '.join(_CATALOGUE)}")
    tasks = entry.read(os.environ)
    if benchmark is not None:
        known = dict.fromkeys(task.benchmark for task in tasks)
        if benchmark not in known:
            raise SuiteError(f"benchmark: {name} has no {benchmark!r}; it has {', '.join(known)}")
        tasks = tuple(task for task in tasks if task.benchmark == benchmark)
    if subset is not None:
        if subset < 1:
            raise SuiteError(f"subset: {subset} is not at least 1")
        tasks = stratified(tasks, subset, seed)
    return Suite(name=name, tasks=tasks, private=entry.private)


def suites() -> list[SuiteSummary]:
    """All suites, those that are not to be had here with the reason."""
    return [_summary(name, entry, os.environ) for name, entry in _CATALOGUE.items()]


def _summary(name: str, entry: _Entry, environment: Environment) -> SuiteSummary:
    counts, reason = entry.counts, entry.missing(environment)
    if counts is None and not reason:
        try:
            counts = Counter(task.benchmark for task in entry.read(environment))
        except SuiteError as error:
            reason = str(error)
    return SuiteSummary(
        name=name, description=entry.description, benchmarks=counts or {}, available=not reason, reason=reason
    )


def _never(_: Environment) -> str:
    return ""


def _any_missing(environment: Environment) -> str:
    return next((reason for adapter in ADAPTERS if (reason := adapter.missing(environment))), "")


def _open_entry(adapter: Adapter) -> _Entry:
    return _Entry(adapter.description, adapter.tasks, adapter.missing, {adapter.benchmark: adapter.size})


def _catalogue() -> dict[str, _Entry]:
    composite = dict.fromkeys((*BENCHMARKS, *(adapter.benchmark for adapter in ADAPTERS)), EACH)
    return {
        "public/train": _Entry("Own items to work with", lambda _: public_tasks("train"), _never),
        "public/dev": _Entry("Own items to be scored by", lambda _: public_tasks("dev"), _never),
        "public/judged": _Entry(
            "Own items that only a model can judge", lambda _: public_tasks("judged"), _never
        ),
        "private/test": _Entry("Items that nobody has seen", private_tasks, _never, private=True),
        "janus/intelligence": _Entry(
            "A fixed sample of every benchmark there is", intelligence_tasks, _any_missing, composite
        ),
        **{adapter.suite: _open_entry(adapter) for adapter in ADAPTERS},
    }


_CATALOGUE = _catalogue()
