"""The service over SQLite and over PostgreSQL: what holds for one holds for the other."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from support.bundles import Signer
from support.competition_service import Competition, running_competition
from support.postgres import cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with cluster() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; none for SQLite."""
    if request.param == "sqlite":
        return ""
    address: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    connection = await asyncpg.connect(f"{address}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{address}/{name}"


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture
async def competition(tmp_path: Path, database_url: str, signer: Signer) -> AsyncIterator[Competition]:
    async with running_competition(
        tmp_path,
        database_url=database_url,
        competition_trusted_keys=(signer.public_key,),
        arena_battles_per_hour=4,
        submissions_per_day=2,
    ) as competition:
        yield competition
