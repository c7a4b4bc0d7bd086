"""Bounds how many chats the edge carries at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from janus_mesh.errors import Overloaded

LIVE_CHATS = Gauge("janus_edge_chats_live", "Chats in flight at the edge, streamed or not.")
_RETRY_AFTER_SECONDS = 1.0


class Admission:
    """A bound on concurrent chats. A chat holds a place once its body has been read."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._live = 0

    def require_place(self) -> None:
        """Raises `Overloaded` when there is no place now, so that no body is read for nothing."""
        if self._live >= self._limit:
            raise Overloaded(
                f"the gateway carries its limit of {self._limit} chats", retry_after=_RETRY_AFTER_SECONDS
            )

    @contextmanager
    def place(self) -> Iterator[None]:
        """Holds one place. Raises `Overloaded` when there is none."""
        self.require_place()
        self._live += 1
        LIVE_CHATS.inc()
        try:
            yield
        finally:
            self._live -= 1
            LIVE_CHATS.dec()
