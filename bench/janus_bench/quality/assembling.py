"""Puts a run together from its journal: scores, environment and all."""

import dataclasses
import platform
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from janus_bench.machine import this_machine

from .journal import Header
from .record import Config, Environment, Run, Stop, SuiteRecord, TargetRecord, TaskRecord
from .runners import Target
from .scores import scored

_PACKAGES = ("janus-bench", "janus-mesh", "grpcio", "httptools", "numpy", "orjson", "uvloop")


def new_header(suite: SuiteRecord, target: Target, config: Config, seed: int) -> Header:
    """A run that begins now; ids sort by time."""
    return Header(
        id=f"run_{int(time.time() * 1000):011x}{secrets.token_hex(5)}",
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        suite=suite,
        target=TargetRecord(
            url=target.url,
            transport=target.transport,
            competitor_id=target.competitor_id,
            model=target.model,
        ),
        config=config,
        seed=seed,
    )


def assembled(header: Header, records: Sequence[TaskRecord], stopped: Stop | None = None) -> Run:
    """The run with its scores; tasks stand in an order that does not depend on who finished first."""
    ordered = tuple(sorted(records, key=lambda record: (record.benchmark, record.id, record.repeat)))
    scores = scored(ordered, header.seed)
    return Run(
        id=header.id,
        created_at=header.created_at,
        suite=header.suite,
        target=_answered_by(header.target, ordered),
        config=dataclasses.replace(header.config, stopped=stopped),
        seed=header.seed,
        environment=this_environment(),
        components=scores.components,
        composite=scores.composite,
        benchmarks=scores.benchmarks,
        tasks=ordered,
    )


def _answered_by(target: TargetRecord, records: Sequence[TaskRecord]) -> TargetRecord:
    """The target with who answered, where nobody was named and one competitor answered everything."""
    answering = {record.competitor_id for record in records if record.competitor_id}
    if target.competitor_id or len(answering) != 1:
        return target
    return dataclasses.replace(target, competitor_id=answering.pop())


def this_environment() -> Environment:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return Environment(versions=versions, machine=dataclasses.asdict(this_machine()))
