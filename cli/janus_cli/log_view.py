"""Turns a service's log lines into lines for people: time, service, level, event, particulars.

A JSON line of `janus_mesh.logs` is rendered; anything else is shown as it is. Control characters are
shown escaped, so that what a client wrote into a log cannot steer the terminal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

_DIM, _BOLD, _RED, _YELLOW = "2", "1", "31", "33"
_LEVELS = {
    "debug": _DIM,
    "info": _DIM,
    "warning": _YELLOW,
    "error": f"{_BOLD};{_RED}",
    "critical": f"{_BOLD};{_RED}",
}
# Told apart on dark and on light ground; red and yellow are the levels'.
_SERVICE_COLOURS = ("36", "35", "32", "34", "96", "95", "92", "94")
_FIXED_COLOURS = {
    "platform": "36",
    "baseline-agent-cli": "35",
    "shim": "32",
    "router": "34",
    "edge": "96",
    "supervisor": "1",
}
# Said elsewhere in the line, or of use to machines alone: the raw log has them.
_OMITTED = {"event", "level", "timestamp", "service", "logger", "trace_id", "span_id", "exception", "stack"}
_PROBED = ("/health", "/metrics")
_NO_CLOCK = " " * len("00:00:00.000")
_NAME_WIDTH = max(map(len, _FIXED_COLOURS))


@dataclass(frozen=True, slots=True)
class Style:
    """How lines look."""

    colour: bool

    def paint(self, text: str, codes: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour else text


def render(service: str, line: str, style: Style) -> str | None:
    """The line or lines to show for one log line, without a line end; None for what is only noise."""
    entry = _parsed(line)
    said = _said(line, entry, style)
    if said is None:
        return None
    moment = style.paint(_clock(entry.get("timestamp")), _DIM) if entry else _NO_CLOCK
    return f"{moment} {style.paint(service.ljust(_NAME_WIDTH), _colour_of(service))} {said}"


def essence(line: str, style: Style) -> str | None:
    """The same without time and service, for where both are known."""
    return _said(line, _parsed(line), style)


def timestamp_of(line: str) -> str:
    """The time that a JSON line bears, as it stands there; empty when it bears none."""
    entry = _parsed(line)
    return str(entry.get("timestamp", "")) if entry else ""


def _parsed(line: str) -> Mapping[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry else None


def _said(line: str, entry: Mapping[str, Any] | None, style: Style) -> str | None:
    if entry is None:
        return _printable(line) if line.strip() else None
    if _is_probe(entry) or _is_server_chatter(entry):
        return None
    level = str(entry.get("level", "info"))
    head = f"{style.paint(f'{level:<7}', _LEVELS.get(level, _DIM))} {_printable(str(entry['event']))}"
    fields = " ".join(f"{key}={_value(value)}" for key, value in entry.items() if _shown(key, value))
    first = f"{head} {style.paint(fields, _DIM)}" if fields else head
    return "\n".join([first, *_unfolded(entry, style)])


def _is_probe(entry: Mapping[str, Any]) -> bool:
    """Whether this is the access log of somebody asking how the service is, and being told: well."""
    path, status = entry.get("path"), entry.get("status")
    return isinstance(path, str) and path.startswith(_PROBED) and isinstance(status, int) and status < 400


def _is_server_chatter(entry: Mapping[str, Any]) -> bool:
    """Whether the HTTP server tells the steps of its start and end, which the supervisor tells better."""
    return entry.get("logger") == "uvicorn.error" and entry.get("level") == "info"


def _clock(timestamp: object) -> str:
    try:
        moment = datetime.fromisoformat(str(timestamp)).astimezone()
    except ValueError:
        return _NO_CLOCK
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def _shown(key: str, value: object) -> bool:
    return key not in _OMITTED and value is not None and value != ""


def _value(value: object) -> str:
    if isinstance(value, str):
        plain = value.isprintable() and not set(value) & set(" \"'=")
        return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())
    return json.dumps(value, ensure_ascii=False, default=str)


def _unfolded(entry: Mapping[str, Any], style: Style) -> list[str]:
    """A traceback, one line each, indented."""
    trace = "\n".join(str(entry[key]) for key in ("exception", "stack") if entry.get(key))
    return [style.paint(f"    {_printable(line)}", _RED) for line in trace.splitlines()]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def _colour_of(service: str) -> str:
    chosen = crc32(service.encode()) % len(_SERVICE_COLOURS)
    return _FIXED_COLOURS.get(service, _SERVICE_COLOURS[chosen])
