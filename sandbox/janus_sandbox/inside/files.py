"""Files of a sandbox, for the service: only below the sandbox's own folders, wherever links point."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from typing import Any

_COPY = 1024 * 1024


class Outside(OSError):
    """The path leads out of the sandbox's folders."""


class Files:
    """Paths as the sandbox's commands know them; `roots` maps each folder to where it lies."""

    def __init__(self, roots: dict[str, str]) -> None:
        self._roots = roots
        self._real = [os.path.realpath(folder) for folder in roots.values()]

    def locate(self, path: str, within: str = "") -> str:
        """Where a path lies, links followed; raises `Outside` when that is in none of the folders.

        `within` narrows them to one folder below them.
        """
        normal = os.path.normpath(os.path.join("/workspace", path))
        for name, folder in self._roots.items():
            if normal == name or normal.startswith(name + "/"):
                real = os.path.realpath(folder + normal[len(name) :])
                self._admit(real, within)
                return real
        raise Outside(errno.EACCES, "outside the sandbox's folders")

    def write(self, path: str, source: int, mode: int) -> int:
        """Replaces a file by the content of a descriptor, wholly or not at all. Returns its size."""
        real = self.locate(path)
        if os.path.isdir(real):
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        os.makedirs(os.path.dirname(real), exist_ok=True)
        folder = self._folder(os.path.dirname(real), "")
        name, temporary = os.path.basename(real), f".{os.getpid()}.{os.path.basename(real)[:200]}.part"
        try:
            target = os.open(
                temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode, dir_fd=folder
            )
            try:
                size = copy(source, target)
                os.fchmod(target, mode)
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(temporary, dir_fd=folder)
                raise
            finally:
                os.close(target)
        finally:
            os.close(folder)
        return size

    def open(self, path: str, within: str) -> int:
        """A descriptor to read a regular file from."""
        real = self.locate(path, within)
        folder = self._folder(os.path.dirname(real), within)
        try:
            # Without O_NONBLOCK a named pipe would hold the supervisor until somebody writes to it.
            file = os.open(os.path.basename(real), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
        kind = os.fstat(file).st_mode
        if not stat.S_ISREG(kind):
            os.close(file)
            if stat.S_ISDIR(kind):
                raise IsADirectoryError(errno.EISDIR, "is a directory")
            raise Outside(errno.EACCES, "not a regular file")
        return file

    def list(self, path: str, within: str, most: int) -> list[dict[str, Any]]:
        """The entries of a folder by name, `most` at most."""
        folder = self._folder(self.locate(path, within), within)
        try:
            with os.scandir(folder) as entries:
                found = [_described(entry) for _, entry in zip(range(most), entries)]
        finally:
            os.close(folder)
        return sorted(found, key=lambda entry: str(entry["name"]))

    def _folder(self, real: str, within: str) -> int:
        """The folder, opened; what was opened is judged again, so that no race leads out."""
        folder = os.open(real, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            self._admit(os.readlink(f"/proc/self/fd/{folder}"), within)
        except BaseException:
            os.close(folder)
            raise
        return folder

    def _admit(self, real: str, within: str) -> None:
        roots = [self.locate(within)] if within else self._real
        if not any(real == root or real.startswith(root + "/") for root in roots):
            raise Outside(errno.EACCES, "outside the sandbox's folders")


def _described(entry: os.DirEntry[str]) -> dict[str, Any]:
    status = entry.stat(follow_symlinks=False)
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
    return {
        "name": entry.name.encode("utf-8", "replace").decode(),
        "type": kinds.get(stat.S_IFMT(status.st_mode), "other"),
        "size": status.st_size,
        "modified": status.st_mtime,
    }


def copy(source: int, target: int) -> int:
    """Copies a file from its beginning. Returns its size."""
    total = 0
    while copied := os.sendfile(target, source, total, _COPY):
        total += copied
    return total
