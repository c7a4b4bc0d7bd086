"""The bar of a run, with its score so far. It goes to stderr: stdout is the result's."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from janus_bench.quality.record import TaskRecord


class LiveScore:
    """Shows how far a run is and what it has scored."""

    def __init__(self, total: int, before: Iterable[TaskRecord]) -> None:
        self._scored = self._failed = 0
        self._worth = self._spent = 0.0
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._row = self._bar.add_task("", total=total)
        for record in before:
            self.finished(record)

    def finished(self, record: TaskRecord) -> None:
        """One more answer is scored."""
        self._scored += record.score is not None
        self._failed += record.answer.failure is not None
        self._worth += record.worth
        self._spent += record.cost_usd or 0.0
        quality = 100 * self._worth / max(1, self._scored)
        told = f"quality {quality:.1f}, {self._failed} failed, ${self._spent:.4f}"
        self._bar.update(self._row, advance=1, description=told)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
