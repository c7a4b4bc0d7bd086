"""An error of the mesh in one line, with what to do where that is known."""

import socket

from janus_mesh.errors import JanusError, Unavailable

from . import report

_CONNECT_SECONDS = 1.0


def error_line(error: JanusError, target: str) -> str:
    """Its code, whose fault it is, and what happened while talking to `target`."""
    address = target.removeprefix("grpc://")
    if isinstance(error, Unavailable) and _nobody_listens(address):
        return f"nothing listens on {address}; `{report.program('janus')} up` starts the stack"
    whose = f" [{error.competitor_id}]" if error.competitor_id else ""
    return " ".join(f"{error.code}{whose}: {error.message}".split())


def _nobody_listens(address: str) -> bool:
    """Whether a `host:port` refuses connections. Other forms of address are not looked at."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return False
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except OSError:
        return True
    return False
