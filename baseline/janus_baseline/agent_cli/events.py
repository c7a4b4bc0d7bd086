"""Server-sent events as they come in: whole ones only, so that a stream never ends within one."""

import re

from janus_mesh.errors import Unavailable

_BOUNDARY = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LONGEST_EVENT_BYTES = 16 * 1024 * 1024


class EventSplitter:
    """Cuts reads of any size into events."""

    def __init__(self, source: str) -> None:
        self._source = source  # for people
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that this completes, without the blank line after each."""
        *events, self._rest = _BOUNDARY.split(self._rest + data)
        if len(self._rest) > _LONGEST_EVENT_BYTES:
            raise Unavailable(f"{self._source} sent an endless event", code="upstream_failed")
        return events

    def rest(self) -> bytes:
        """What came after the last blank line, when no more comes."""
        return self._rest.strip()


def data_of(event: bytes) -> bytes:
    """The payload of an event; nothing for comments and others."""
    if event.startswith(b"data:") and b"\n" not in event:
        return event[5:].strip()
    lines = (line for line in _LINE_END.split(event) if line.startswith(b"data:"))
    return b"\n".join(line[5:] for line in lines).strip()
