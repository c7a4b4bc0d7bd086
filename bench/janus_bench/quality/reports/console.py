"""A run, a comparison and a ranking as tables on the terminal."""

from collections.abc import Iterator
from dataclasses import fields

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from janus_bench.quality.comparing import Comparison, Ranking
from janus_bench.quality.record import Component, Interval, Run
from janus_bench.quality.statistics import Bounds
from janus_bench.quality.summary import Spread, remarks, summary_of


def run_table(run: Run) -> RenderableType:
    """What a run found."""
    name = run.target.competitor_id or run.target.model
    title = Text(f"{name} at {run.target.url}, {run.suite.name}, {len(run.tasks)} answers, seed {run.seed}")
    return Group(title, _scores(run), _figures(run), *(Text(remark) for remark in remarks(run)))


def _scores(run: Run) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading, side in (("", "left"), ("score", "right"), ("95 % interval", "right"), ("", "left")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for field in fields(run.components):
        component: Component = getattr(run.components, field.name)
        note = f"weight {component.weight:g}, {component.n} tasks"
        table.add_row(field.name, *_cells(component), note if component.n else "not measured")
    table.add_row("composite", *_cells(run.composite), "", style="bold")
    table.add_section()
    for name, benchmark in run.benchmarks.items():
        table.add_row(Text(name), *_cells(benchmark), f"quality, {benchmark.n} tasks")
    return table


def _cells(figure: Interval) -> tuple[str, str]:
    return f"{figure.value:.1f}", f"{figure.low:.1f} to {figure.high:.1f}"


def _figures(run: Run) -> Text:
    told = summary_of(run)
    cost = "cost not metered" if told.cost_usd is None else f"${told.cost_usd:.6f}"
    times = ", ".join(
        f"{name} {_spread(spread)}"
        for name, spread in (
            ("TTFT", told.ttft_s),
            ("ITL", told.itl_s),
            ("latency", told.latency_s),
            ("longest gap", told.max_gap_s),
        )
    )
    return Text(f"p50 / p95: {times}; {told.completion_tokens} completion tokens, {cost}")


def _spread(spread: Spread) -> str:
    if spread.p50 is None or spread.p95 is None:
        return "none"
    return f"{1000 * spread.p50:.1f} / {1000 * spread.p95:.1f} ms"


def comparison_table(first: Run, second: Run, found: Comparison) -> RenderableType:
    """The first less the second."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "difference", "95 % interval"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, bounds in found.components.items():
        table.add_row(name, *_difference(bounds))
    table.add_row("composite", *_difference(found.composite), style="bold")
    return Group(Text(f"{_named(first)} less {_named(second)}"), table, *map(Text, _verdict(found)))


def _named(run: Run) -> str:
    return f"{run.target.competitor_id or run.target.model} ({run.id})"


def _difference(bounds: Bounds) -> tuple[str, str]:
    return f"{bounds.value:+.2f}", f"{bounds.low:+.2f} to {bounds.high:+.2f}"


def _verdict(found: Comparison) -> Iterator[str]:
    yield f"On {found.n} common tasks: {found.verdict}. Better in {found.wins}, worse in {found.losses}."
    if found.effect is not None:
        effect = found.effect
        yield f"Effect on quality (d_z): {effect.value:+.2f}, {effect.low:+.2f} to {effect.high:+.2f}."
    yield f"Varied: {found.varied.answers} answers, {found.varied.scores} scores."


def ranking_table(ranking: Ranking) -> RenderableType:
    """Best first; one tier is what cannot be told apart."""
    table = Table(box=None, pad_edge=False)
    for heading in ("tier", "run", "who", "composite"):
        table.add_column(heading, justify="left" if heading in ("run", "who") else "right")
    for place in ranking.places:
        row = (str(place.tier), Text(place.run_id), Text(place.name), f"{place.composite:.1f}")
        table.add_row(*row)
    fragile = ranking.fragility
    said = [
        f"{ranking.places[n].run_id} falls behind the next without {dropped} of {fragile.tasks} tasks."
        for n, dropped in enumerate(fragile.dropped)
        if dropped is not None
    ]
    kept = f"{100 * fragile.kept:.0f} % of random subsets without a tenth of the tasks keep this order."
    return Group(table, *map(Text, [*said, kept]))
