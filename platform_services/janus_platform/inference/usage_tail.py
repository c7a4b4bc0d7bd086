"""Finding the token counts in an answer that is passed on unread.

Every API writes `usage` near the end, so the last few kilobytes are enough; they are looked at once, when
all has been passed on. Streams of Anthropic's API tell what was read in their first event, which is why the
first few are kept as well.
"""

import json
import re
from typing import Any

_KEPT_BYTES = 4096
_USAGE = re.compile(rb'"usage"\s*:\s*(?=\{)')
# The first event of Anthropic's streams. What it says of the answer is said before there is one.
_BEGINNING = re.compile(rb'"type"\s*:\s*"message_start"')
_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
# Anthropic counts these beside `input_tokens`.
_CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")


class UsageTail:
    """Remembers the beginning and the end of what went by."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""

    def feed(self, data: bytes) -> None:
        if len(self._head) < _KEPT_BYTES:
            self._head = (self._head + data)[:_KEPT_BYTES]
        self._tail = (self._tail + data)[-_KEPT_BYTES:] if len(data) < _KEPT_BYTES else data[-_KEPT_BYTES:]

    def tokens(self) -> tuple[int | None, int | None]:
        """Prompt and completion tokens of the last `usage`; None for what was not said."""
        usages = _usages(self._tail)
        if not _BEGINNING.search(self._head):
            return (_prompt(usages[-1]), _count(usages[-1], _COMPLETION)) if usages else (None, None)
        first = next(iter(_usages(self._head)), {})
        last = usages[-1] if usages and usages[-1] != first else {}
        read = _prompt(last)
        return (_prompt(first) if read is None else read), _count(last, _COMPLETION)


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
