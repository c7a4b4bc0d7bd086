"""The journal of a run: one line for what is asked, then one for each finished task, on disk before the next.

Whatever ends the bench, the finished tasks are there. A line that was being written when it ended is
dropped when the run is resumed.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Self

import orjson
from pydantic import TypeAdapter, ValidationError

from janus_mesh.errors import InvalidRequest

from .record import TASKS, Config, SuiteRecord, TargetRecord, TaskRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a run asks, of whom and how: enough to go on with it."""

    journal: Literal[1] = 1
    id: str
    created_at: str
    suite: SuiteRecord
    target: TargetRecord
    config: Config
    seed: int


_HEADERS = TypeAdapter(Header)


def journal_of(output: Path) -> Path:
    """Where the journal of a run lies whose result goes to `output`."""
    return output.with_name(f"{output.name}.journal")


class Journal:
    """Appends to a journal; each line is on disk when `append` returns."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._turn = asyncio.Lock()

    @classmethod
    def create(cls, path: Path, header: Header) -> Self:
        """Raises `InvalidRequest` when there is a journal already, which is not to be lost."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("xb")
        except FileExistsError:
            raise InvalidRequest(
                f"{path} holds an unfinished run: resume it, or remove it", param="output"
            ) from None
        _write(file, orjson.dumps(header))
        return cls(file)

    @classmethod
    def resume(cls, path: Path) -> tuple[Self, Header, list[TaskRecord]]:
        """The journal, open for more, and what it holds; raises `InvalidRequest` naming the line at fault."""
        try:
            kept = path.read_bytes()
        except OSError as error:
            raise InvalidRequest(f"{path} cannot be read: {error.strerror}", param="resume") from None
        whole = kept[: kept.rfind(b"\n") + 1]
        header, *records = _parsed(path, whole)
        assert isinstance(header, Header)
        file = path.open("r+b")
        file.truncate(len(whole))
        file.seek(len(whole))
        return cls(file), header, [record for record in records if isinstance(record, TaskRecord)]

    async def append(self, record: TaskRecord) -> None:
        async with self._turn:
            await asyncio.to_thread(_write, self._file, orjson.dumps(record))

    def close(self) -> None:
        self._file.close()


def _write(file: IO[bytes], line: bytes) -> None:
    file.write(line + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _parsed(path: Path, whole: bytes) -> Iterator[Header | TaskRecord]:
    if not whole:
        raise InvalidRequest(f"{path} is empty", param="resume")
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            yield _HEADERS.validate_json(line) if number == 1 else TASKS.validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidRequest(f"{path}:{number}: {where}: {first['msg']}", param="resume") from None
