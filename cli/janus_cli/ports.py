"""Says what stands in the way of listening on an address, and which process where that can be seen."""

import errno
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


def obstacle(listener: Listener) -> str:
    """Why the address could not be listened on, and what to do; empty when it could."""
    error = _bind_error(listener)
    if error is None:
        return ""
    if error.errno == errno.EADDRINUSE:
        who = holder(listener.port) or "another process"
        return f"port {listener.port} is taken by {who}: stop it, or set {listener.variable} to another port"
    where = f"{listener.host or '*'} port {listener.port}"
    return f"cannot listen on {where} ({error.strerror}): set {listener.variable}, or the host beside it"


def _bind_error(listener: Listener) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            listener.host or None, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # Leaves addresses of connections that only linger (TIME_WAIT) usable, as servers do.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def holder(port: int) -> Holder | None:
    """Who listens on the port; None when nobody does, or the process is another user's."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if process.name.isdigit() and _holds(process, inodes):
            return Holder(int(process.name), _command(process))
    return None


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
