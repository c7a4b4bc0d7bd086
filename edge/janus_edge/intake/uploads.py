"""Places for bodies that arrive slowly, apart from those for chats."""

from collections import Counter
from typing import Final

from prometheus_client import Gauge

from janus_mesh.errors import Overloaded

SLOW_UPLOADS = Gauge("janus_edge_slow_uploads", "Request bodies that have been arriving for more than 1 s.")
_RETRY_AFTER_SECONDS: Final = 5.0


class Uploads:
    """A bound on slow uploads at once, in all and for one client.

    Args:
        limit: uploads in all.
        per_client: uploads of one client; clients without a name are only bounded by `limit`.
    """

    def __init__(self, limit: int, per_client: int) -> None:
        self._limit = limit
        self._per_client = per_client
        self._by_client: Counter[str] = Counter()

    def enter(self, client: str) -> None:
        """Takes a place, to be given back with `leave`. Raises `Overloaded` when there is none."""
        if self._by_client.total() >= self._limit:
            raise Overloaded(
                f"the gateway receives its limit of {self._limit} slow request bodies",
                retry_after=_RETRY_AFTER_SECONDS,
            )
        if client and self._by_client[client] >= self._per_client:
            raise Overloaded(
                f"the gateway receives {self._per_client} slow request bodies from this address, "
                "its limit for one",
                retry_after=_RETRY_AFTER_SECONDS,
            )
        self._by_client[client] += 1
        SLOW_UPLOADS.inc()

    def leave(self, client: str) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
        SLOW_UPLOADS.dec()
