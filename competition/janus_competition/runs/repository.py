"""Runs in the database."""

import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, desc, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from janus_competition.store.database import Database
from janus_competition.store.tables import runs
from janus_mesh.errors import Conflict, NotFound

from . import canonical
from .bundle import Bundle
from .record import Figure, Run

_SUMMARY = [column for column in runs.columns if column.name != "bundle"]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What rankings and charts need of a run. Times are seconds since 1970."""

    id: str
    competitor_id: str
    suite: str
    suite_digest: str
    suite_tasks: int
    created_at: float
    published_at: float
    signed_by: str
    composite: Figure
    components: dict[str, Figure]
    benchmarks: dict[str, Figure]


class Runs:
    """Every published run. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, bundle: Bundle, text: bytes) -> bool:
        """Stores it; False when the very same is here already. Raises `Conflict`."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(runs).values(**_row(bundle, text)))
        except IntegrityError:
            async with self._database.reading() as connection:
                known = await _known_hash(connection, bundle.run.id)
            if known != bundle.content_sha256:
                raise Conflict(
                    f"run.id: another run is published as {bundle.run.id!r}",
                    param="run.id",
                    code="run_exists",
                ) from None
            return False
        return True

    async def get(self, run_id: str) -> tuple[RunSummary, Run]:
        """The run and all its tasks. Raises `NotFound`."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(runs).where(runs.c.id == run_id))).one_or_none()
        if row is None:
            raise NotFound(f"there is no run {run_id!r}", param="run_id")
        bundle = canonical.parse(zlib.decompress(row.bundle), "bundle")
        return _summary(row), Run.model_validate(bundle["run"])

    async def suites(self) -> list[tuple[str, str]]:
        """Every suite with the digest that is ranked, the suite measured last first.

        That is the digest measured last; a choice of a suite's tasks has one of its own, and is ranked
        only where nobody ran all of them.
        """
        query = select(runs.c.suite, runs.c.suite_digest, runs.c.whole_suite)
        async with self._database.reading() as connection:
            rows = list(await connection.execute(query.order_by(desc(runs.c.published_at), desc(runs.c.id))))
        whole: dict[str, str] = {}
        newest: dict[str, str] = {}
        for suite, digest, is_whole in rows:
            newest.setdefault(suite, digest)
            if is_whole:
                whole.setdefault(suite, digest)
        return list((newest | whole).items())

    async def of_suite(self, suite: str, digest: str) -> list[RunSummary]:
        """All its runs, the newest first."""
        query = (
            select(*_SUMMARY)
            .where(runs.c.suite == suite, runs.c.suite_digest == digest)
            .order_by(desc(runs.c.created_at), desc(runs.c.published_at))
        )
        async with self._database.reading() as connection:
            return [_summary(row) for row in await connection.execute(query)]

    async def history(self, *, suite: str, competitor_id: str, limit: int) -> Sequence[RunSummary]:
        """The newest `limit` runs, the oldest of them first; empty names match all."""
        query = select(*_SUMMARY).order_by(desc(runs.c.created_at)).limit(limit)
        if suite:
            query = query.where(runs.c.suite == suite)
        if competitor_id:
            query = query.where(runs.c.competitor_id == competitor_id)
        async with self._database.reading() as connection:
            found = [_summary(row) for row in await connection.execute(query)]
        return found[::-1]

    async def measured(self) -> set[str]:
        """Every competitor with a run."""
        async with self._database.reading() as connection:
            return {
                row.competitor_id for row in await connection.execute(select(runs.c.competitor_id).distinct())
            }


async def _known_hash(connection: AsyncConnection, run_id: str) -> str | None:
    found = await connection.execute(select(runs.c.content_sha256).where(runs.c.id == run_id))
    return found.scalar_one_or_none()


def _row(bundle: Bundle, text: bytes) -> dict[str, object]:
    run = bundle.run
    components = {
        name: part.model_dump(exclude={"weight"}) for name, part in run.components.items() if part.measured
    }
    benchmarks = {name: figure.model_dump() for name, figure in run.benchmarks.items()}
    return {
        "id": run.id,
        "content_sha256": bundle.content_sha256,
        "competitor_id": run.target.competitor_id,
        "suite": run.suite.name,
        "suite_digest": run.suite.digest,
        "suite_tasks": run.suite.tasks,
        "whole_suite": run.config.whole_suite,
        "created_at": run.created_at.timestamp(),
        "published_at": time.time(),
        "signed_by": bundle.signed_by.fingerprint,
        "composite": run.composite.value,
        "composite_low": run.composite.low,
        "composite_high": run.composite.high,
        "figures": json.dumps({"components": components, "benchmarks": benchmarks}),
        "bundle": zlib.compress(text),
    }


def _summary(row: Row[tuple[object, ...]]) -> RunSummary:
    figures = json.loads(row.figures)
    return RunSummary(
        id=row.id,
        competitor_id=row.competitor_id,
        suite=row.suite,
        suite_digest=row.suite_digest,
        suite_tasks=row.suite_tasks,
        created_at=row.created_at,
        published_at=row.published_at,
        signed_by=row.signed_by,
        composite=Figure(value=row.composite, low=row.composite_low, high=row.composite_high),
        components={name: Figure.model_validate(part) for name, part in figures["components"].items()},
        benchmarks={name: Figure.model_validate(part) for name, part in figures["benchmarks"].items()},
    )
