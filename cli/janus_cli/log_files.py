"""Log files that never outgrow a bound, and the reading of their ends."""

import os
from collections.abc import Iterator
from pathlib import Path

_FILE_BYTES = 10 * 1024 * 1024
_KEPT = 2


class RotatingLog:
    """Appends lines to a file; a full one becomes `NAME.1`, that one `NAME.2`, and the oldest goes."""

    def __init__(self, path: Path, *, file_bytes: int = _FILE_BYTES) -> None:
        self._path = path
        self._file_bytes = file_bytes
        self._open()

    def write(self, line: bytes) -> None:
        if self._size and self._size + len(line) > self._file_bytes:
            self._rotate()
        self._file.write(line + b"\n")
        self._size += len(line) + 1

    def close(self) -> None:
        self._file.close()

    def _open(self) -> None:
        # Unbuffered: what a service said last is most wanted when everything ended at once.
        self._file = self._path.open("ab", buffering=0)
        self._size = self._file.tell()

    def _rotate(self) -> None:
        self._file.close()
        for age in range(_KEPT, 0, -1):
            younger = _aged(self._path, age - 1)
            if younger.exists():
                younger.replace(_aged(self._path, age))
        self._open()


def _aged(path: Path, age: int) -> Path:
    return path.with_name(f"{path.name}.{age}") if age else path


def last_lines(path: Path, count: int, *, window: int = 256 * 1024) -> list[str]:
    """The last lines of a file, looking at no more than `window` bytes of it."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - window))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    if size > window:
        lines = lines[1:]  # the first one is cut
    return lines[-count:] if count else []


class Follower:
    """Reads on from a file's present end, across rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._offset = self._end()
        self._rest = b""

    def new_lines(self) -> Iterator[str]:
        """Whole lines written since the last time."""
        inode, size = self._end()
        if inode != self._inode or size < self._offset:
            self._inode, self._offset = inode, 0
        if size == self._offset:
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")

    def _end(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return stat.st_ino, stat.st_size
