"""Finding the token counts in an answer that is passed on unread.

Every API writes `usage` near the end, so the last few kilobytes are enough; they are looked at once, when
all has been passed on. OpenAI's Responses repeat the caller's own `metadata` after it, which is why they are
a few more. Streams of Anthropic's API tell what was read in their first event, so the beginning is kept too.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from .usage_figures import Figures, figures_of

_HEAD_BYTES = 4096
_TAIL_BYTES = 64 * 1024
_USAGE = re.compile(rb'"usage"\s*:\s*(?=\{)')
# The first event of Anthropic's streams. What it says of the answer is said before there is one.
_BEGINNING = re.compile(rb'"type"\s*:\s*"message_start"')
# OpenAI's Responses begin by repeating what was asked, in which a caller may have written a `usage` as well:
# there the event that ends them counts alone.
_REPEATING = re.compile(rb'"type"\s*:\s*"response\.(created|queued|in_progress)"')
_ENDINGS = ("response.completed", "response.incomplete", "response.failed")
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


class UsageTail:
    """Remembers the beginning and the end of what went by."""

    def __init__(self) -> None:
        self._head = b""
        self._pieces: deque[bytes] = deque()
        self._kept = 0

    def feed(self, data: bytes) -> None:
        if len(self._head) < _HEAD_BYTES:
            self._head = (self._head + data)[:_HEAD_BYTES]
        self._pieces.append(data)
        self._kept += len(data)
        while self._kept - len(self._pieces[0]) >= _TAIL_BYTES:
            self._kept -= len(self._pieces.popleft())

    def figures(self) -> Figures:
        """The figures of the last `usage`."""
        tail = b"".join(self._pieces)[-_TAIL_BYTES:]
        last = _last_usage(_ending(tail) if _REPEATING.search(self._head) else tail)
        if not _BEGINNING.search(self._head):
            return figures_of(last)
        first = next(_usages(self._head), {})
        if last == first:
            last = {}
        completion = figures_of(last).completion
        return figures_of({**first, **last})._replace(completion=completion)


def _ending(tail: bytes) -> bytes:
    """The event that ends an answer of the Responses API, or what is kept of it; nothing without one."""
    *events, _ = _EVENT_END.split(tail)
    events = [event for event in events if event.strip() != b"data: [DONE]"]
    if not events:
        return b""
    if len(events) == 1 and len(tail) == _TAIL_BYTES:  # too long to be kept whole
        return events[0]
    try:
        said = json.loads(events[-1].partition(b"data:")[2])
    except ValueError:
        return b""
    return events[-1] if isinstance(said, dict) and said.get("type") in _ENDINGS else b""


def _last_usage(text: bytes) -> dict[str, Any]:
    """The last whole `usage` object; one that was cut off is none, because the answer was not complete."""
    for match in reversed(list(_USAGE.finditer(text))):
        if (found := _object_at(text, match.end())) is not None:
            return found
    return {}


def _usages(text: bytes) -> Iterator[dict[str, Any]]:
    for match in _USAGE.finditer(text):
        if (found := _object_at(text, match.end())) is not None:
            yield found


def _object_at(text: bytes, start: int) -> dict[str, Any] | None:
    try:
        found = json.JSONDecoder().raw_decode(text[start:].decode("utf-8", "replace"))[0]
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
