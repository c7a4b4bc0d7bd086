"""Where packages with data are: in a folder of their own, without what they would drag along."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from janus_bench.quality.suites.assets import Assets
from janus_bench.quality.suites.item import Item
from janus_bench.quality.suites.reading import task_of
from janus_bench.quality.suites.suite import SuiteError, SuiteUnavailable
from janus_bench.quality.task import Task

COMMAND = "make bench-data"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A benchmark from a package: `size` tasks, which `read` makes from the folder of the packages."""

    benchmark: str
    description: str
    size: int
    marker: str  # a path in the folder that is there when the package is
    read: Callable[[Path], tuple[Task, ...]]

    @property
    def suite(self) -> str:
        return f"open/{self.benchmark}"

    def missing(self, environment: Mapping[str, str] = os.environ) -> str:
        """Why it cannot be read here; '' when it can."""
        folder = data_folder(environment)
        return "" if (folder / self.marker).exists() else f"its data is not in {folder}: run `{COMMAND}`"

    def tasks(self, environment: Mapping[str, str] = os.environ) -> tuple[Task, ...]:
        """Raises `SuiteUnavailable` when the package is missing, `SuiteError` when it is not as expected."""
        if reason := self.missing(environment):
            raise SuiteUnavailable(f"{self.suite}: {reason}")
        try:
            return self.read(data_folder(environment))
        except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
            kind = type(error).__name__
            raise SuiteError(f"{self.suite}: the package is not as expected: {kind}: {error}") from error


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("JANUS_BENCH_DATA") or ".cache/bench-data")


def open_task(line: dict[str, Any]) -> Task:
    """A task of an adapter, held to the same form as a line of a suite. Raises `ValueError`."""
    return task_of(Item.model_validate(line), line["scoring"], Assets(Path("no-assets")))
