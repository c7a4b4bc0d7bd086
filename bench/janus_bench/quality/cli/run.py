"""`janus-bench run`: from a suite and a target to a run on disk."""

import asyncio
import dataclasses
import signal
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console

from janus_bench.quality.assembling import assembled, new_header
from janus_bench.quality.journal import Header, Journal, journal_of
from janus_bench.quality.record import Config, SuiteRecord, TaskRecord, write
from janus_bench.quality.reports.console import run_table
from janus_bench.quality.runners import Bounds, Target, open_runner, reach
from janus_bench.quality.running import Plan, Progress, carry_out
from janus_bench.quality.suites import Suite, SuiteError, load_suite
from janus_mesh.errors import InvalidRequest

from .means import Means, judge, sandboxes, scorers
from .progress import LiveScore

_FOLDER = Path("bench-runs")
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says of a new run."""

    target: str
    suite: str
    model: str
    competitor: str
    seed: int
    config: Config
    output: Path | None


def start(wish: Wish, means: Means) -> int:
    """Begins a run."""
    target = Target.parse(wish.target, model=wish.model, competitor_id=wish.competitor, api_key=means.api_key)
    judging = judge()
    config = dataclasses.replace(wish.config, judge=judging.model if judging else None)
    suite = loaded(wish.suite, config, wish.seed)
    record = SuiteRecord(name=suite.name, digest=suite.digest, tasks=len(suite.tasks))
    header = new_header(record, target, config, wish.seed)
    output = wish.output or _FOLDER / f"{header.id}.json"
    uvloop.run(reach(target))
    if output.exists():
        raise InvalidRequest(f"{output} is there already", param="output")
    with sandboxes(means) as ready, closing(Journal.create(journal_of(output), header)) as journal:
        progress = uvloop.run(_carry_out(suite, header, target, journal, [], ready))
    return _finish(header, progress, output)


def resume(output: Path, means: Means) -> int:
    """Goes on with a run that ended early."""
    journal, header, before = Journal.resume(journal_of(output))
    with closing(journal):
        suite = loaded(header.suite.name, header.config, header.seed)
        if suite.digest != header.suite.digest:
            raise InvalidRequest(f"{suite.name} has changed since the run began", param="suite")
        judging = judge()
        if (judging.model if judging else None) != header.config.judge:
            raise InvalidRequest(f"the run began with the judge {header.config.judge}", param="judge")
        target = Target.parse(
            header.target.url,
            model=header.target.model,
            competitor_id=header.target.competitor_id,
            api_key=means.api_key,
        )
        uvloop.run(reach(target))
        with sandboxes(means) as ready:
            progress = uvloop.run(_carry_out(suite, header, target, journal, before, ready))
    return _finish(header, progress, output)


def loaded(name: str, config: Config, seed: int) -> Suite:
    """The tasks that a run asks; `InvalidRequest` when they cannot be had."""
    try:
        return load_suite(name, benchmark=config.benchmark, subset=config.subset, seed=seed)
    except SuiteError as error:
        raise InvalidRequest(str(error), param="suite") from None


def _finish(header: Header, progress: Progress, output: Path) -> int:
    """Writes and shows what there is; the journal stays until the run is whole."""
    run = assembled(header, progress.records, progress.stopped)
    write(run, output)
    Console().print(run_table(run))
    sys.stdout.write(f"{output}\n")
    if progress.stopped is None:
        journal_of(output).unlink()
    else:
        sys.stderr.write(f"janus-bench: go on with: janus-bench run --resume {output}\n")
    return _INTERRUPTED if progress.stopped == "interrupted" else 0


async def _carry_out(
    suite: Suite,
    header: Header,
    target: Target,
    journal: Journal,
    before: list[TaskRecord],
    means: Means,
) -> Progress:
    config = header.config
    plan = Plan(
        tasks=suite.tasks,
        seed=header.seed,
        repeat=config.repeat,
        concurrency=config.concurrency,
        limit_cost_usd=config.limit_cost_usd,
        private=suite.private,
    )
    bounds = Bounds(total_seconds=config.timeout_s)
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    with LiveScore(len(suite.tasks) * config.repeat, before) as live:
        async with open_runner(target, bounds) as runner, scorers(means) as scoring:
            return await carry_out(
                plan, runner, scoring, journal, before=before, stop=stop, watch=live.finished
            )
