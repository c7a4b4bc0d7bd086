"""Reading what a sandbox service answers: Sandy's shapes, older ones of its clients, and our own service's.

A sandbox answers for a stranger: every field may be missing or of another type.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from janus_mesh.errors import CompetitorFailed, Unavailable


@dataclass(frozen=True, slots=True)
class Executed:
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an agent's output."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How an agent ended."""

    exit_code: int
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a folder; `kind` is `file`, `directory`, `symlink` or `other`."""

    name: str
    kind: str


def sandbox_id(made: dict[str, Any]) -> str:
    """The id of a sandbox that was made. Raises `Unavailable`."""
    for name in ("sandboxId", "sandbox_id", "id"):
        if isinstance(found := made.get(name), str) and found:
            return found
    raise Unavailable("the sandbox service did not name the sandbox", code="sandbox_failed")


def executed(ran: dict[str, Any]) -> Executed:
    """The outcome of `exec`."""
    code = _first(ran, "exitCode", "exit_code")
    return Executed(_whole(code), _text(ran.get("stdout")), _text(ran.get("stderr")))


def entries(listed: dict[str, Any]) -> list[Entry] | None:
    """What `files/list` names, with kinds; None when it names files without saying what each is."""
    found = _first(listed, "entries", "files")
    if not isinstance(found, list):
        return []
    if not all(isinstance(one, dict) for one in found):
        return None
    return [entry for one in found if (entry := _entry(one)) is not None]


def event(said: object) -> Line | Ended | None:
    """What an event of `agent/run` says; None for what tells nothing.

    Raises `CompetitorFailed` for the agent's failure, and `Unavailable` for the service's.
    """
    if not isinstance(said, dict):
        raise Unavailable("the sandbox service sent what is not an event", code="sandbox_failed")
    if "error" in said and "type" not in said:  # the proxy between us failed
        error = said["error"] if isinstance(said["error"], dict) else {}
        raise Unavailable(str(error.get("message")), code=str(error.get("code") or "sandbox_failed"))
    match said.get("type"):
        case "agent-output" | "output":
            return _line(said)
        case "complete":
            return _ended(said)
        case "error":
            message = _first(said, "message", "error") or "the sandbox failed"
            raise CompetitorFailed(_text(message), code=str(said.get("code") or "agent_failed"))
    return None


def _line(said: dict[str, Any]) -> Line:
    """The text of an output event. Sandy parses lines that are JSON, so that they come as objects."""
    found = _first(said, "data", "output", "text", "content", "message")
    stream = said.get("stream")
    if isinstance(found, dict) and "janus" not in found and "type" not in found:
        stream = found.get("stream", stream)
        inner = _first(found, "text", "data", "content", "message")
        found = found if inner is None else inner
    return Line(stream if isinstance(stream, str) else "stdout", _text(found))


def _ended(said: dict[str, Any]) -> Ended:
    code = _first(said, "exitCode", "exit_code")
    if code is None and isinstance(said.get("success"), bool):
        code = 0 if said["success"] else 1
    return Ended(_whole(code), bool(_first(said, "timedOut", "timed_out")))


def _entry(one: dict[str, Any]) -> Entry | None:
    name = _text(_first(one, "name", "path")).rstrip("/").rpartition("/")[2]
    if not name:
        return None
    if isinstance(kind := one.get("type"), str):
        return Entry(name, {"dir": "directory", "folder": "directory"}.get(kind, kind))
    folder = bool(_first(one, "isDirectory", "is_directory", "isDir", "is_dir"))
    return Entry(name, "directory" if folder else "file")


def _first(fields: dict[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode("utf-8", "replace")


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
