"""Remembers which containers refuse `stream_options`, which Janus adds to every request for usage figures.

Some servers reject fields that they do not know. The client never sent this one, so its request is tried
again without, and for a while the container is not asked for usage.
"""

import time
from collections.abc import Callable
from typing import Final

from .containers import Container

# After this the container is asked again: it may have been replaced by a version that knows the field.
_REMEMBERED_SECONDS = 600.0
_NAMES = (b"stream_options", b"include_usage")

REFUSALS: Final = frozenset((400, 422))


class StreamOptions:
    """Which containers take `stream_options`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refused_until: dict[tuple[str, str], float] = {}

    def taken_by(self, container: Container) -> bool:
        """Whether to send the field."""
        key = _key(container)
        until = self._refused_until.get(key)
        if until is None:
            return True
        if self._clock() < until:
            return False
        del self._refused_until[key]
        return True

    def note_refusal(self, container: Container) -> None:
        self._refused_until[_key(container)] = self._clock() + _REMEMBERED_SECONDS


def is_refusal(status: int, body: bytes) -> bool:
    """Whether an HTTP error answer is about `stream_options`."""
    return status in REFUSALS and any(name in body for name in _NAMES)


def _key(container: Container) -> tuple[str, str]:
    return container.id, str(container.base)
