"""Says whether a port is taken, and by which process where that can be seen."""

import socket
from dataclasses import dataclass
from pathlib import Path

from .services import Listener

_PROC = Path("/proc")
_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def taken(listener: Listener) -> bool:
    """Whether binding the address would fail."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        listener.host or "0.0.0.0",  # noqa: S104  # what the service itself would bind
        listener.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # Leaves addresses of connections that only linger (TIME_WAIT) usable, as servers do.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return True
    return False


def holder(port: int) -> Holder | None:
    """Who listens on the port; None when nobody does, or the process is another user's."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if process.name.isdigit() and _holds(process, inodes):
            return Holder(int(process.name), _command(process))
    return None


def complaint(listener: Listener) -> str:
    """One sentence on who has the port, and the variable that moves ours."""
    who = holder(listener.port)
    return (
        f"port {listener.port} is taken by {who or 'another process'}: stop it, "
        f"or set {listener.variable} to another port"
    )


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("net/tcp", "net/tcp6"):
        try:
            rows = _PROC.joinpath(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return inodes


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in inodes for descriptor in process.joinpath("fd").iterdir())
    except OSError:  # not ours to look at, or gone
        return False


def _command(process: Path) -> str:
    try:
        words = process.joinpath("cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return "gone"
    return " ".join(words).strip()[:80]
