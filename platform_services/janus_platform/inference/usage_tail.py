"""Finding the token counts in an answer that is passed on unread.

Every provider writes `usage` near the end, so the last few kilobytes are enough; they are looked at
once, when all has been passed on.
"""

import json
import re

_KEPT_BYTES = 4096
_USAGE = re.compile(rb'"usage"\s*:\s*(?=\{)')


class UsageTail:
    """Remembers the end of what went by."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-_KEPT_BYTES:] if len(data) < _KEPT_BYTES else data[-_KEPT_BYTES:]

    def tokens(self) -> tuple[int | None, int | None]:
        """Prompt and completion tokens of the last `usage`; None for what was not said."""
        found = list(_USAGE.finditer(self._tail))
        if not found:
            return None, None
        try:
            text = self._tail[found[-1].end() :].decode("utf-8", "replace")
            usage = json.JSONDecoder().raw_decode(text)[0]
        except ValueError:  # cut off: the answer was not complete
            return None, None
        return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None
