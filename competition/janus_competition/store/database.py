"""One way to both databases: `async with opened(settings) as database`, then `reading()` and `writing()`."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, Unavailable

from . import migrating

log = logs.get("competition.store")

# Any number, the same for all replicas: whoever holds it migrates.
_MIGRATION_LOCK = 0x6A616E7573
_STATEMENT_SECONDS = 10
_BUSY_MILLISECONDS = 5_000
_FILE = "competition.sqlite"


class Database:
    """Transactions. What the database itself fails at is raised as `Unavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(janus_writes=True)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that changes nothing."""
        return _transaction(self._engine)

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction, committed when the block is left without an error."""
        return _transaction(self._writer)


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Database]:
    """The database, migrated. Without a URL it is a file in `folder`. Raises `OSError` when unusable."""
    engine = _postgres(url) if url else _sqlite(folder)
    try:
        try:
            await _migrated(engine, None if url else folder)
        except (DBAPIError, OSError, TimeoutError) as error:
            raise OSError(f"the database cannot be used: {_reason(error)}") from error
        yield Database(engine)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except (IntegrityError, ProgrammingError):
        raise  # the first is for who wrote to judge, the second a bug
    except (DBAPIError, PoolTimeout, OSError) as error:
        if _is_about_data(error):
            raise InvalidRequest("a text holds what cannot be stored, such as a NUL") from None
        log.warning("database failed", reason=_reason(error))
        raise Unavailable(
            "the competition's database does not answer", code="database_unavailable", retry_after=1.0
        ) from None


def _postgres(url: str) -> AsyncEngine:
    address = make_url(url).set(drivername="postgresql+asyncpg")
    return create_async_engine(
        address,
        pool_pre_ping=True,
        pool_timeout=_STATEMENT_SECONDS,
        connect_args={"timeout": _STATEMENT_SECONDS, "command_timeout": _STATEMENT_SECONDS},
    )


def _sqlite(folder: Path) -> AsyncEngine:
    folder.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / _FILE}")

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", f"busy_timeout={_BUSY_MILLISECONDS}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads and then writes would not wait for another writer, but fail.
        writes = connection.get_execution_options().get("janus_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


async def _migrated(engine: AsyncEngine, folder: Path | None) -> None:
    """Brings the tables up to date; of several that start at once, one does and the others wait."""
    if folder is None:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            await connection.run_sync(migrating.upgrade)
        return
    lock = _held(folder / f"{_FILE}.lock")
    await asyncio.to_thread(lock.__enter__)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrating.upgrade)
            await connection.commit()
    finally:
        lock.__exit__(None, None, None)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_about_data(error: BaseException) -> bool:
    """SQLSTATE class 22, whatever class of exception the driver makes of it."""
    return isinstance(error, DBAPIError) and str(getattr(error.orig, "sqlstate", "")).startswith("22")


def _reason(error: BaseException) -> str:
    """The driver's own words, without the statement and its values."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(original).__name__}: {original}".splitlines()[0]
