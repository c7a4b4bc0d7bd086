"""`janus-bench list-suites` and `list-benchmarks`."""

import asyncio
import sys

from rich.console import Console
from rich.table import Table

from janus_bench.quality.suites import Suite, SuiteSummary, load_suite, suites
from janus_bench.quality.suites.proving import Proof, prove
from janus_mesh.errors import InvalidRequest

from .means import Means, sandboxes, scorers

_OWN = "public/"


def list_suites(wanted: str | None) -> int:
    table = Table(box=None, pad_edge=False)
    for heading in ("suite", "tasks", ""):
        table.add_column(heading, justify="right" if heading == "tasks" else "left")
    for suite in _chosen(wanted):
        tasks = str(sum(suite.benchmarks.values())) if suite.available else ""
        table.add_row(suite.name, tasks, suite.description if suite.available else suite.reason)
    Console().print(table)
    return 0


def list_benchmarks(wanted: str | None) -> int:
    table = Table(box=None, pad_edge=False)
    for heading in ("suite", "benchmark", "tasks"):
        table.add_column(heading, justify="right" if heading == "tasks" else "left")
    for suite in _chosen(wanted):
        for benchmark, tasks in suite.benchmarks.items():
            table.add_row(suite.name, benchmark, str(tasks))
    Console().print(table)
    return 0


def check(wanted: str | None, means: Means) -> int:
    """Proves the items of each suite that is to be had. 1 when one takes what it should not."""
    flawed = False
    with sandboxes(means) as ready:
        for summary in _chosen(wanted):
            if summary.available:
                proof = asyncio.run(_proven(load_suite(summary.name), ready))
                flawed = flawed or bool(proof.flaws)
                _tell(summary.name, proof)
    return int(flawed)


async def _proven(suite: Suite, means: Means) -> Proof:
    async with scorers(means) as scoring:
        return await prove(suite.tasks, scoring, cross=suite.name.startswith(_OWN))


def _tell(name: str, proof: Proof) -> None:
    told = f"{proof.items} items, {proof.verdicts} verdicts, {len(proof.flaws)} flaws"
    sys.stdout.write(f"{name}: {told}, {len(proof.unproven)} not proven here\n")
    for flaw in proof.flaws:
        sys.stdout.write(f"  {flaw.task}: {flaw.reason}\n")


def _chosen(wanted: str | None) -> list[SuiteSummary]:
    known = suites()
    chosen = [suite for suite in known if wanted in (None, suite.name)]
    if not chosen:
        names = ", ".join(suite.name for suite in known)
        raise InvalidRequest(f"{wanted} is no suite: choose from {names}", param="suite")
    return chosen
