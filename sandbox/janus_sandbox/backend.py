"""What a kind of isolation has to offer: boxes, which run commands, hold files and have one way out.

A backend is chosen once, by a trial run, at the start (`choice.py`). Everything above this line treats
what comes out of a box as the word of a stranger.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .limits import Limits


@dataclass(frozen=True, slots=True)
class Isolation:
    """What a backend holds a sandbox by, and what it cannot do on this machine."""

    backend: str
    holds: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether strangers' code may run in it."""
        return bool(self.holds)


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. `cwd` is a path inside; empty stands for the root folder."""

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder. `modified` is seconds since 1970."""

    name: str
    type: str  # file, directory, symlink or other
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a box has used; None where nobody counts."""

    memory_bytes: int | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    processes: int | None = None
    oom_kills: int = 0


class Execution(Protocol):
    """One command under way."""

    async def wait(self) -> int:
        """Its exit code, 128 + n when signal n ended it. Raises `Unavailable` when its box ended."""

    async def kill(self) -> None:
        """Ends it and everything in its session."""


class Box(Protocol):
    """One running sandbox of a backend."""

    @property
    def egress_port(self) -> int:
        """The port on 127.0.0.1 inside that is the only way out."""

    async def accept(self) -> socket.socket:
        """The next connection to that port. Raises `OSError`, `Unavailable`."""

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as is known."""

    async def execute(self, command: Command, stdout: int, stderr: int) -> Execution:
        """Starts a command with its output on the descriptors, which stay the caller's."""

    async def write(self, path: str, content: bytes, mode: int) -> None:
        """Replaces a file wholly or not at all. Raises `InvalidRequest`, `PayloadTooLarge`."""

    async def open(self, path: str, within: str = "") -> int:
        """A descriptor of a regular file, which the caller closes. Raises `NotFound`, `InvalidRequest`.

        With `within`, only what lies below that folder, links followed, is opened.
        """

    async def list(self, path: str, within: str = "") -> list[Entry]: ...

    async def connect(self, port: int) -> socket.socket:
        """A connection to a port inside. Raises `Unavailable` when nobody listens there."""

    def usage(self) -> Usage: ...

    async def ended(self) -> None:
        """Returns when the box is gone, by whatever cause."""

    async def end(self) -> None:
        """Ends everything in it and leaves nothing behind. Harmless when it is gone."""


class Backend(Protocol):
    """Makes boxes."""

    @property
    def isolation(self) -> Isolation: ...

    async def start(self, box_id: str, limits: Limits) -> Box:
        """A box that is ready for commands. Raises `Unavailable` when it cannot be made."""

    async def close(self) -> None:
        """Gives back what the backend itself holds; its boxes must have ended."""
