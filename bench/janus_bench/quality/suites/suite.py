"""A suite: tasks with a name and a digest, so that two scores are known to be of the same questions."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from janus_bench.quality.task import Task


class SuiteError(Exception):
    """A suite that is unknown, or not as it should be: `file:line: field: reason` where there is a line."""


class SuiteUnavailable(SuiteError):
    """A suite whose data is not here; says what brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Some tasks. `digest` is the SHA-256 of all that bears on a score: what is asked, and how it is judged.

    The tasks of a `private` suite are shown to nobody: reports leave out what they ask and how they are
    judged.
    """

    name: str
    tasks: tuple[Task, ...]
    private: bool = False
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of(self.tasks))


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSummary:
    """What a suite holds: how many tasks of each benchmark; or for what `reason` it is not to be had here."""

    name: str
    description: str
    benchmarks: Mapping[str, int]
    available: bool
    reason: str


def digest_of(tasks: Iterable[Task]) -> str:
    """The same for the same tasks in any order."""
    content = [
        {
            "id": task.id,
            "benchmark": task.benchmark,
            "category": task.category,
            "request": task.request,
            "scoring": task.scoring,
            "modalities": sorted(task.modalities),
        }
        for task in sorted(tasks, key=lambda task: task.id)
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
