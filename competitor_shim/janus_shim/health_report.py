"""What a container's answer to its health check says."""

from dataclasses import dataclass

import orjson

from janus_mesh.plain_text import clean

# A longer body is not read as JSON; the status alone decides then.
LARGEST_BODY = 64 * 1024
_LONGEST_QUOTE = 100
# Words by which common servers and frameworks say that they do not serve, in lower case, letters only.
# Any other word counts as well, because a 2xx status already says so.
_DOWN = frozenset(
    (
        "bad",
        "booting",
        "critical",
        "dead",
        "down",
        "draining",
        "error",
        "errors",
        "fail",
        "failed",
        "failing",
        "failure",
        "false",
        "fatal",
        "initialising",
        "initializing",
        "ko",
        "loading",
        "maintenance",
        "nok",
        "notok",
        "notready",
        "notserving",
        "offline",
        "outofservice",
        "pending",
        "shutdown",
        "shuttingdown",
        "sick",
        "starting",
        "startingup",
        "startup",
        "stopped",
        "stopping",
        "terminating",
        "unavailable",
        "unhealthy",
        "unready",
        "warming",
        "warmingup",
    )
)


@dataclass(frozen=True, slots=True)
class Report:
    """What one check found; `reason` is empty when all is well."""

    reason: str
    version: str = ""


def report_of(path: str, status: int, body: bytes) -> Report:
    """Any 2xx is healthy, unless the body is a JSON object whose `status` says otherwise."""
    if not 200 <= status < 300:
        return Report(f"GET {path} answered with status {status}{_quoted(body)}")
    said = _json_object(body)
    state = said.get("status")
    if _is_down(state):
        return Report(f"GET {path} says status {clean(str(state), _LONGEST_QUOTE)!r}")
    version = said.get("version", "")
    return Report("", clean(str(version), _LONGEST_QUOTE) if isinstance(version, str | int | float) else "")


def _json_object(body: bytes) -> dict[str, object]:
    if len(body) >= LARGEST_BODY:
        return {}
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _is_down(state: object) -> bool:
    match state:
        case bool():
            return not state
        case int() | float():
            return state >= 400  # an HTTP status
        case str():
            return "".join(one for one in state.lower() if one.isalpha()) in _DOWN
    return False


def _quoted(body: bytes) -> str:
    """The beginning of an error's body, for operators."""
    text = clean(body[: 4 * _LONGEST_QUOTE].decode("utf-8", "replace"), _LONGEST_QUOTE)
    return f": {text}" if text else ""
