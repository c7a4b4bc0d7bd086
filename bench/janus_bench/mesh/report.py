"""A run as text for people and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from .driver import Run
from .figures import Spread
from .promises import judge
from .results import Results
from .scenario import Column, Scenario
from .targets import DIRECT, JANUS, YARDSTICK

_FAULTS_SHOWN = 20


def as_text(run: Run, scenarios: Sequence[Scenario]) -> str:
    return "\n".join(_lines(run, scenarios)) + "\n"


def as_json(run: Run) -> bytes:
    """The machine, the options, and every reading of every round."""
    document: dict[str, Any] = {
        "machine": asdict(run.machine),
        "options": asdict(run.options),
        "seconds": round(run.seconds, 1),
        "versions": dict(run.versions),
        "skipped": dict(run.skipped),
        "samples": [asdict(sample) for sample in run.results.samples],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"


def _lines(run: Run, scenarios: Sequence[Scenario]) -> Iterator[str]:
    yield str(run.machine)
    yield ", ".join(f"{name} {version}" for name, version in run.versions.items() if version != "-")
    yield (
        f"medians of up to {run.options.rounds} rounds [lowest .. highest]; `added` is over {DIRECT} and "
        f"`x` a multiple of {YARDSTICK}, taken within each round"
    )
    for name, reason in run.skipped.items():
        yield f"not measured: {name}: {reason}"
    for scenario in scenarios:
        for case in run.results.cases(scenario.name):
            yield ""
            yield f"{scenario.title}: {case}"
            yield from table(_rows(run.results, scenario, case, list(run.versions)))
    yield from _promise_lines(run)
    yield from _fault_lines(run.results)
    yield ""
    yield f"{run.seconds:.0f} s"


def _rows(results: Results, scenario: Scenario, case: str, targets: Sequence[str]) -> list[list[str]]:
    measured = results.targets(scenario.name, case)
    title = [column.title for column in scenario.columns]
    rows = [["", *title, *([scenario.parts_title] if scenario.parts_title else [])]]
    for target in targets:
        if target not in measured:
            continue
        row = [target, *(_cell(results, scenario, case, target, column) for column in scenario.columns)]
        if scenario.parts_title:
            parts = results.parts(scenario.name, case, target)
            several = parts if len(parts) > 1 else {}
            row.append("  ".join(f"{part} {used:.1f}" for part, used in several.items()))
        rows.append(row)
    return rows


def _cell(results: Results, scenario: Scenario, case: str, target: str, column: Column) -> str:
    match column.view:
        case "value":
            spread = results.value(scenario.name, case, target, column.figure)
        case "added":
            spread = results.added(scenario.name, case, target, column.figure, DIRECT)
        case "ratio":
            spread = results.ratio(scenario.name, case, target, column.figure, YARDSTICK)
    return written(spread, column.digits)


def written(spread: Spread | None, digits: int) -> str:
    """`median [low .. high]`, or the bare figure of a single round."""
    if spread is None:
        return "-"
    median = f"{spread.median:,.{digits}f}"
    if spread.rounds == 1:
        return median
    return f"{median} [{spread.low:,.{digits}f} .. {spread.high:,.{digits}f}]"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first to the left, figures to the right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([f"  {row[0].ljust(widths[0])}", *cells]).rstrip()


def _promise_lines(run: Run) -> Iterator[str]:
    verdicts = list(judge(run.results, JANUS))
    if not verdicts:
        return
    yield ""
    yield "What Janus promises of itself"
    rows = [["", "bound", "measured", ""]]
    for verdict in verdicts:
        promise = verdict.promise
        bound = f"{'>=' if promise.at_least else '<='} {promise.bound:g}"
        kept = "kept" if promise.kept(verdict.measured) else "not kept"
        rows.append([promise.text, bound, f"{verdict.measured:,.2f}", kept])
    yield from table(rows)


def _fault_lines(results: Results) -> Iterator[str]:
    faults = results.faults()
    if not faults:
        return
    yield ""
    yield "Faults"
    for sample, fault, count in faults[:_FAULTS_SHOWN]:
        place = f"{sample.target}, {sample.scenario} {sample.case}, round {sample.round + 1}"
        yield f"  {place}: {count} x {fault}"
    if len(faults) > _FAULTS_SHOWN:
        yield f"  and {len(faults) - _FAULTS_SHOWN} more in the JSON"
