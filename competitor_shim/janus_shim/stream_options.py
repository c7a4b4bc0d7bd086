"""Remembers which containers refuse `stream_options`, which Janus adds to every request for usage figures.

Some servers reject fields that they do not know. The client never sent this one, so its request is tried
again without, and for a while the container is not asked for usage.
"""

import time
from collections.abc import Callable

from yarl import URL

# After this the container is asked again: it may have been replaced by a version that knows the field.
_REMEMBERED_SECONDS = 600.0
_MAX_REMEMBERED = 1_000

_REFUSALS = frozenset((400, 422))
_NAMES = (b"stream_options", b"include_usage")


class StreamOptions:
    """Which containers, by their id and base address, take `stream_options`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refused_until: dict[tuple[str, URL], float] = {}

    def taken_by(self, competitor_id: str, base: URL) -> bool:
        """Whether to send the field."""
        until = self._refused_until.get((competitor_id, base))
        if until is None or self._clock() < until:
            return until is None
        del self._refused_until[competitor_id, base]
        return True

    def note_refusal(self, competitor_id: str, base: URL) -> None:
        """The container refused the field just now."""
        if len(self._refused_until) >= _MAX_REMEMBERED:
            del self._refused_until[next(iter(self._refused_until))]
        self._refused_until[competitor_id, base] = self._clock() + _REMEMBERED_SECONDS


def is_refusal(status: int, body: bytes) -> bool:
    """Whether an HTTP error answer is about `stream_options`."""
    return status in _REFUSALS and any(name in body for name in _NAMES)
