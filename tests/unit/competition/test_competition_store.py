"""The tables are those that the migrations make, and a database that fails is told apart from a bug."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from janus_competition.store.database import opened
from janus_competition.store.tables import metadata
from janus_mesh.errors import Unavailable


def differences(connection: Connection) -> list[object]:
    return compare_metadata(MigrationContext.configure(connection), metadata)


async def test_the_migrations_make_the_tables_that_the_code_knows(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as database, database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_statement_that_the_database_fails_at_is_told_as_unavailable(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path) as database:
        with pytest.raises(Unavailable) as caught:
            async with database.writing() as connection:
                await connection.execute(text(_failing(database_url)))
    assert caught.value.code == "database_unavailable"


def _failing(url: str) -> str:
    return "SELECT pg_terminate_backend(pg_backend_pid())" if url else "ATTACH 'file:/nowhere/x' AS other"
