"""The arithmetic of a run, done again: figures that do not follow from each other are refused."""

from janus_mesh.errors import InvalidRequest

from .record import WEIGHTS, Figure, Run

# Figures may have been rounded to one decimal each.
_ROUNDING = 0.11


def require_plausible(run: Run) -> None:
    """Raises `InvalidRequest` naming the figure that cannot be."""
    _require_finished(run)
    for name, part in run.components.items():
        if part.weight != WEIGHTS[name]:
            raise _lie(f"components.{name}.weight", f"is {part.weight:g}; it weighs {WEIGHTS[name]:g}")
        _require_interval(f"components.{name}", part)
    for benchmark, figure in run.benchmarks.items():
        _require_interval(f"benchmarks.{benchmark}", figure)
    _require_interval("composite", run.composite)
    value = composite_of(run)
    if abs(value - run.composite.value) > _ROUNDING:
        raise _lie("composite.value", f"is {run.composite.value:g}; its components make {value:.2f}")


def composite_of(run: Run) -> float:
    """The weighted mean of the components that were measured, 0 to 100."""
    measured = [(WEIGHTS[name], part.value) for name, part in run.components.items() if part.measured]
    if not measured:
        raise _lie("components", "hold none that was measured")
    return sum(weight * value for weight, value in measured) / sum(weight for weight, _ in measured)


def _require_finished(run: Run) -> None:
    """A run that was stopped may have left out what it is bad at."""
    reached = len({task.id for task in run.tasks})
    if run.config.stopped is not None or reached != run.suite.tasks:
        raise InvalidRequest(
            f"run.tasks: {reached} of {run.suite.tasks} tasks were reached; an unfinished run does not count",
            param="run.tasks",
            code="unfinished_run",
        )


def _require_interval(place: str, figure: Figure) -> None:
    if not figure.low - _ROUNDING <= figure.value <= figure.high + _ROUNDING:
        raise _lie(f"{place}.value", "lies outside of its own interval")


def _lie(place: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"run.{place}: {what}", param=f"run.{place}", code="implausible_figure")
