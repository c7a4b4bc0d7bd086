"""The arithmetic of a run, done again: figures that do not follow from each other are refused."""

from janus_mesh.errors import InvalidRequest

from .record import WEIGHTS, Component, Figure, Run

# Figures may have been rounded to one decimal each.
_ROUNDING = 0.11


def require_plausible(run: Run) -> None:
    """Raises `InvalidRequest` naming the figure that cannot be."""
    measured = {name: part for name, part in run.components.items() if part.value is not None}
    for name, part in run.components.items():
        if part.weight != WEIGHTS[name]:
            raise _lie(f"components.{name}.weight", f"is {part.weight:g}; it weighs {WEIGHTS[name]:g}")
    for name, part in measured.items():
        _require_interval(f"components.{name}", _complete(name, part))
    for benchmark, figure in run.benchmarks.items():
        _require_interval(f"benchmarks.{benchmark}", figure)
    _require_interval("composite", run.composite)
    if not measured:
        raise _lie("components", "hold no measured one")
    value = composite_of(run)
    if abs(value - run.composite.value) > _ROUNDING:
        raise _lie("composite.value", f"is {run.composite.value:g}; its components make {value:.2f}")


def composite_of(run: Run) -> float:
    """The weighted mean of the components that were measured, 0 to 100."""
    measured = [
        (WEIGHTS[name], part.value) for name, part in run.components.items() if part.value is not None
    ]
    return sum(weight * value for weight, value in measured) / sum(weight for weight, _ in measured)


def _complete(name: str, part: Component) -> Figure:
    if part.value is None or part.low is None or part.high is None:
        raise _lie(f"components.{name}", "has a value and no interval")
    return Figure(value=part.value, low=part.low, high=part.high, n=part.n)


def _require_interval(place: str, figure: Figure) -> None:
    if not figure.low - _ROUNDING <= figure.value <= figure.high + _ROUNDING:
        raise _lie(f"{place}.value", "lies outside of its own interval")


def _lie(place: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"run.{place}: {what}", param=f"run.{place}", code="implausible_figure")
