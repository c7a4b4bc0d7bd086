"""One SQLite file for an index, used from a thread of its own.

apsw brings its own SQLite: many Pythons are built without loadable extensions, which vectors need, and
with an SQLite of whatever age.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import apsw

from janus_mesh import logs
from janus_mesh.errors import Unavailable

from .private_folder import private_folder

ResultT = TypeVar("ResultT")
_BUSY_MILLISECONDS = 5_000

log = logs.get("database")


class Database:
    """Opened by `async with`, its folder made and its tables with it. Raises `OSError` when it cannot be."""

    def __init__(self, path: Path, schema: str, *, extension: str = "") -> None:
        self._path = path
        self._schema = schema
        self._extension = extension
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=path.stem)
        self._connection: apsw.Connection

    async def run(self, work: Callable[[apsw.Connection], ResultT]) -> ResultT:
        """Does `work` as one transaction; works take turns. Raises `Unavailable` when the file fails."""

        def transaction() -> ResultT:
            with self._connection:
                result = work(self._connection)
            return result  # noqa: RET504  # to mypy the block might swallow an exception

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)
        except apsw.Error as error:  # a full or broken disk
            log.error("index failed", path=str(self._path), reason=str(error))
            raise Unavailable("the index failed; the log says more", code="index_failed") from None

    async def __aenter__(self) -> Self:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def _open(self) -> None:
        private_folder(self._path.parent)
        try:
            connection = apsw.Connection(str(self._path))
            connection.set_busy_timeout(_BUSY_MILLISECONDS)
            if self._extension:
                connection.enable_load_extension(True)
                connection.load_extension(self._extension)
                connection.enable_load_extension(False)
            connection.pragma("journal_mode", "wal")
            connection.execute(self._schema)
        except apsw.Error as error:
            raise OSError(f"cannot use {self._path}: {error}") from error
        self._connection = connection
