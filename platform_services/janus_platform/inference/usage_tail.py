"""Finding the token counts in an answer that is passed on unread.

Every API writes `usage` near the end, so the last few kilobytes are enough; they are looked at once, when
all has been passed on. OpenAI's Responses repeat the caller's own `metadata` after it, which is why they are
a few more. Streams of Anthropic's API tell what was read in their first event, so the beginning is kept too.
"""

import json
import re
from collections import deque
from typing import Any

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
_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
# Anthropic counts these beside `input_tokens`.
_CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")


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

    def tokens(self) -> tuple[int | None, int | None]:
        """Prompt and completion tokens of the last `usage`; None for what was not said."""
        tail = b"".join(self._pieces)[-_TAIL_BYTES:]
        usages = _usages(_ending(tail) if _REPEATING.search(self._head) else tail)
        if not _BEGINNING.search(self._head):
            return (_prompt(usages[-1]), _count(usages[-1], _COMPLETION)) if usages else (None, None)
        first = next(iter(_usages(self._head)), {})
        last = usages[-1] if usages and usages[-1] != first else {}
        read = _prompt(last)
        return (_prompt(first) if read is None else read), _count(last, _COMPLETION)


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


def _usages(text: bytes) -> list[dict[str, Any]]:
    """The whole `usage` objects in it; none that was cut off, because the answer was not complete."""
    found = []
    for match in _USAGE.finditer(text):
        try:
            rest = text[match.end() :].decode("utf-8", "replace")
            found.append(json.JSONDecoder().raw_decode(rest)[0])
        except ValueError:
            continue
    return found


def _prompt(usage: dict[str, Any]) -> int | None:
    read = _count(usage, _PROMPT)
    return None if read is None else read + sum(_count(usage, (name,)) or 0 for name in _CACHED)


def _count(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    found = (usage.get(name) for name in names)
    return next((value for value in found if isinstance(value, int)), None)
