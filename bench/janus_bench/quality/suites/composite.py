"""`janus/intelligence`: one suite over everything, whose tasks are always the same.

From each benchmark of `public/dev`, and from each adapter, a fixed sample of the same size; so no benchmark
counts for more because it is longer. It needs all the adapters' data: with some of it, it would be another
suite of the same name.
"""

import os
from collections.abc import Mapping

from janus_bench.quality.task import Task

from .adapters import ADAPTERS
from .public import BENCHMARKS, public_tasks
from .sampling import stratified

EACH = 10
_SEED = 0


def intelligence_tasks(environment: Mapping[str, str] = os.environ) -> tuple[Task, ...]:
    """Raises `SuiteUnavailable` when an adapter's data is missing."""
    own = public_tasks("dev")
    groups = [tuple(task for task in own if task.benchmark == benchmark) for benchmark in BENCHMARKS]
    groups += [adapter.tasks(environment) for adapter in ADAPTERS]
    return tuple(task for group in groups for task in stratified(group, EACH, _SEED))
