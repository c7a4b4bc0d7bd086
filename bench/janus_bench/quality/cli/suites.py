"""`janus-bench list-suites` and `list-benchmarks`."""

from rich.console import Console
from rich.table import Table

from janus_bench.quality.suites import suites
from janus_mesh.errors import InvalidRequest


def list_suites() -> int:
    table = Table(box=None, pad_edge=False)
    for heading in ("suite", "tasks", ""):
        table.add_column(heading, justify="right" if heading == "tasks" else "left")
    for suite in suites():
        tasks = str(sum(suite.benchmarks.values())) if suite.available else ""
        table.add_row(suite.name, tasks, suite.description if suite.available else suite.reason)
    Console().print(table)
    return 0


def list_benchmarks(wanted: str | None) -> int:
    known = suites()
    if wanted is not None and wanted not in {suite.name for suite in known}:
        names = ", ".join(suite.name for suite in known)
        raise InvalidRequest(f"{wanted} is no suite: choose from {names}", param="suite")
    table = Table(box=None, pad_edge=False)
    for heading in ("suite", "benchmark", "tasks"):
        table.add_column(heading, justify="right" if heading == "tasks" else "left")
    for suite in known:
        if wanted in (None, suite.name):
            for benchmark, tasks in suite.benchmarks.items():
                table.add_row(suite.name, benchmark, str(tasks))
    Console().print(table)
    return 0
