"""A run in plain figures: what stands in every report beside the scores."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from janus_bench.mesh.figures import quantile

from .record import Run, TaskRecord

_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Quantiles over tasks, in the unit of the figure; None where no task has it."""

    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        if not values:
            return cls(p50=None, p95=None)
        return cls(p50=quantile(values, 0.5), p95=quantile(values, 0.95))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts, times in seconds, and money."""

    answered: int
    failed: int
    unscored: int
    asked: int
    ttft_s: Spread
    itl_s: Spread
    latency_s: Spread
    max_gap_s: Spread
    completion_tokens: int
    cost_usd: float | None


def summary_of(run: Run) -> Summary:
    good = [record for record in run.tasks if record.answer.failure is None]
    costs = [record.cost_usd for record in run.tasks if record.cost_usd is not None]
    return Summary(
        answered=len(run.tasks),
        failed=len(run.tasks) - len(good),
        unscored=sum(record.score is None for record in run.tasks),
        asked=run.suite.tasks * run.config.repeat,
        ttft_s=_spread(good, "ttft_s"),
        itl_s=_spread(good, "itl_s"),
        latency_s=_spread(good, "latency_s"),
        max_gap_s=_spread(good, "max_gap_s"),
        completion_tokens=sum(
            record.usage.completion_tokens or 0 for record in run.tasks if record.usage is not None
        ),
        cost_usd=sum(costs) if costs else None,
    )


def remarks(run: Run) -> list[str]:
    """What a reader must know before believing the figures."""
    told = summary_of(run)
    said = []
    if run.config.stopped is not None:
        why = "it was interrupted" if run.config.stopped == "interrupted" else "the cost limit was reached"
        said.append(f"Partial: {told.answered} of {told.asked} answers, because {why}.")
    if told.unscored:
        why = _reasons(record.error for record in run.tasks if record.score is None)
        said.append(f"{told.unscored} answers could not be scored here and count nowhere: {why}.")
    if told.failed:
        failures = [record.answer.failure for record in run.tasks]
        why = _reasons(failure.code or failure.type for failure in failures if failure is not None)
        said.append(f"{told.failed} of {told.answered} answers failed and score 0: {why}.")
    if told.cost_usd is None and run.tasks:
        said.append("No answer came with a metered cost, so cost scores 0.")
    if not run.components.modality.n:
        said.append("No task goes beyond text: the weight of modality is shared among the others.")
    return said


def _reasons(reasons: Iterable[str | None]) -> str:
    """The most frequent ones, with how often each was."""
    counts = Counter(reason or "no reason given" for reason in reasons)
    named = ", ".join(f"{count} x {reason}" for reason, count in counts.most_common(_REASONS))
    return named if len(counts) <= _REASONS else f"{named}, and others"


def _spread(records: Sequence[TaskRecord], name: str) -> Spread:
    values = [getattr(record.timing, name) for record in records]
    return Spread.of([value for value in values if value is not None])
