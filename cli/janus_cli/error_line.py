"""An error of the mesh in one line, with what to do where that is known."""

from janus_mesh.errors import JanusError, Unavailable

from . import report


def error_line(error: JanusError, target: str) -> str:
    """Its code, whose fault it is, and what happened while talking to `target`."""
    if isinstance(error, Unavailable) and "failed to connect" in error.message.lower():
        address = target.removeprefix("grpc://")
        return f"nothing listens on {address}; `{report.program('janus')} up` starts the stack"
    whose = f" [{error.competitor_id}]" if error.competitor_id else ""
    return " ".join(f"{error.code}{whose}: {error.message}".split())
