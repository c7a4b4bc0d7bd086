"""`janus-bench load`: a sweep, as a table, as JSON and as a chart."""

import gc
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from janus_bench.quality.load.chart import as_svg
from janus_bench.quality.load.figures import Percentiles, StepFigures
from janus_bench.quality.load.plan import Mode, Slo, Step, levels
from janus_bench.quality.load.sweep import Sweep, sweep
from janus_bench.quality.runners import Target, reach
from janus_mesh.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says. Times in seconds."""

    target: str
    model: str
    competitor: str
    api_key: str
    prompt: str
    max_tokens: int
    rates: str
    concurrency: str
    seconds: float
    warm_up: float
    slo_ttft: float
    slo_itl: float
    seed: int


def start(wish: Wish, output: Path | None, chart: Path | None) -> int:
    if bool(wish.rates) == bool(wish.concurrency):
        raise InvalidRequest("either rates or concurrency must be given", param="rates")
    target = Target.parse(wish.target, model=wish.model, competitor_id=wish.competitor, api_key=wish.api_key)
    mode: Mode = "open" if wish.rates else "closed"
    steps = [
        Step(mode=mode, level=level, seconds=wish.seconds, warm_up=wish.warm_up, seed=wish.seed)
        for level in levels(mode, wish.rates or wish.concurrency)
    ]
    request = {"messages": [{"role": "user", "content": wish.prompt}], "max_tokens": wish.max_tokens}
    uvloop.run(reach(target))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # no pauses in the timings
    slo = Slo(ttft_s=wish.slo_ttft, itl_s=wish.slo_itl)
    found = uvloop.run(sweep(target, request, steps, slo, _say))
    Console(width=120).print(sweep_table(found))
    sys.stdout.write(f"{_verdict(found)}\n")
    if output is not None:
        output.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    if chart is not None:
        chart.write_text(as_svg(found.steps, found.saturation, f"{target.url}, {target.model}"), "utf-8")
    return 0


def sweep_table(found: Sweep) -> Table:
    """One line per step; times in milliseconds, from when a request should have left."""
    table = Table(box=None, pad_edge=False)
    headings = ("load", "requests", "failed", "answers/s", "goodput/s", "tokens/s")
    for heading in (*headings, "TTFT p50", "p99", "p99.9", "ITL p50", "p99", "latency p99", "lag p99"):
        table.add_column(heading, justify="right")
    for step in found.steps:
        table.add_row(
            f"{step.level:g}",
            f"{step.requests}",
            f"{sum(step.failures.values())}",
            *(f"{rate:.2f}" for rate in (step.throughput, step.goodput)),
            f"{step.tokens_per_second:.0f}",
            *_milliseconds(step.ttft, "p50", "p99", "p999"),
            *_milliseconds(step.itl, "p50", "p99"),
            *_milliseconds(step.latency, "p99"),
            *_milliseconds(step.lag, "p99"),
        )
    return table


def _milliseconds(found: Percentiles | None, *names: str) -> list[str]:
    return ["" if found is None else f"{1000 * getattr(found, name):.1f}" for name in names]


def _verdict(found: Sweep) -> str:
    limits = f"TTFT <= {1000 * found.slo.ttft_s:g} ms and ITL <= {1000 * found.slo.itl_s:g} ms"
    best = max(found.steps, key=lambda step: step.goodput)
    where = "not reached" if found.saturation is None else f"at {found.saturation:g}"
    return f"Most goodput ({limits}): {best.goodput:.2f}/s at {best.level:g}. Saturation: {where}."


def _say(step: StepFigures) -> None:
    failed = ", ".join(f"{count} {code}" for code, count in step.failures.items()) or "none failed"
    sys.stderr.write(f"{step.level:g}: {step.throughput:.2f} answers/s, {failed}\n")
