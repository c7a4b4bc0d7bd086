"""What both kinds of control groups have in common."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from janus_sandbox.backend import Usage
from janus_sandbox.limits import Limits

# Of a period of the scheduler, in microseconds, `cpus` times as much may be used.
CPU_PERIOD = 100_000
_REMOVE_SECONDS = 5.0
_FIRST_WAIT, _LONGEST_WAIT = 0.0005, 0.02


class Group(Protocol):
    """The group of one sandbox."""

    @property
    def process_files(self) -> Sequence[Path]:
        """A process that writes `0` to each of these is in the group, with all its later children."""

    def memory_limit(self) -> int | None:
        """In bytes; None where there is none."""

    def usage(self) -> Usage: ...

    def kill(self, sparing: int = 0) -> None:
        """Ends every process in it but one; returns before they are gone."""

    def remove(self) -> None:
        """Removes it, killing again whoever is still there. Raises `OSError` when that is in vain."""


class Tree(Protocol):
    """The groups of one service."""

    @property
    def version(self) -> str: ...

    @property
    def exists(self) -> bool: ...

    def make(self) -> None:
        """Makes the tree. Raises `OSError` where this machine does not let us."""

    def create(self, name: str, limits: Limits) -> Group:
        """A new group within its limits. Raises `OSError`."""

    def leftover(self) -> Sequence[Group]:
        """The groups that are there."""

    def remove(self) -> None:
        """Removes the tree itself, which must be empty."""


def remove_with_parent(folder: Path) -> None:
    """Removes a tree's folder, and the one above unless another service has a tree there."""
    with suppress(FileNotFoundError):
        folder.rmdir()
    with suppress(OSError):
        folder.parent.rmdir()


def write(file: Path, value: object) -> None:
    """Sets a value of a group."""
    file.write_text(str(value))


def read_fields(file: Path) -> dict[str, int]:
    """A file of lines `name number`."""
    fields = (line.split() for line in file.read_text().splitlines())
    return {name: int(value) for name, value in fields}


def processes(file: Path) -> list[int]:
    """Who is in a group; none when it is gone."""
    with suppress(FileNotFoundError):
        return [int(line) for line in file.read_text().split()]
    return []


def kill_each(file: Path, sparing: int) -> None:
    """Kills who is in a group, one by one."""
    for pid in set(processes(file)) - {sparing}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def remove_emptied(folder: Path, group: Group) -> None:
    """Removes a group's folder as soon as its processes, which were killed, have gone."""
    gives_up, wait = time.monotonic() + _REMOVE_SECONDS, _FIRST_WAIT
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > gives_up:
                raise
            group.kill()
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        else:
            return
