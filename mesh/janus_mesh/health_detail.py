"""Why a service is NOT_SERVING: `grpc.health.v1` has no field for it, so `Check` carries it in its trailers.

The text may come from a competitor, so the reader cleans it, and it is shown to operators alone.
"""

from collections.abc import Iterable
from typing import Any

from .plain_text import clean

_KEY = "janus-health-detail-bin"  # `-bin`: other values must be ASCII
_LONGEST = 500


def detail_metadata(detail: str) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of a `Check` that says why."""
    return ((_KEY, clean_detail(detail).encode()),)


def detail_of(metadata: Iterable[tuple[str, Any]] | None) -> str:
    """What the trailing metadata of a `Check` says; empty if nothing."""
    for key, value in metadata or ():
        if key == _KEY and isinstance(value, bytes):
            return clean_detail(value.decode("utf-8", "replace"))
    return ""


def clean_detail(text: str) -> str:
    """One printable line of bounded length."""
    return clean(text, _LONGEST)
