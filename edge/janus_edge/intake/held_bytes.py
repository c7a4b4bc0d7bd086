"""Bounds the bytes of all request bodies that the process holds at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Gauge

from janus_mesh.errors import Overloaded

HELD = Gauge("janus_edge_held_body_bytes", "Bytes of request bodies that are held.")
_RETRY_AFTER_SECONDS: Final = 2.0


class HeldBytes:
    """A budget of bytes. One client may hold half of it, so that the others always have some.

    Args:
        limit: bytes in all.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._share = limit // 2
        self._held = 0
        self._by_client: Counter[str] = Counter()

    @contextmanager
    def hold(self, client: str) -> Iterator["Hold"]:
        """A hold that ends with the block at the latest. Clients without a name share the whole budget."""
        hold = Hold(self, client)
        try:
            yield hold
        finally:
            hold.release()

    def require_room(self, client: str, size: int) -> None:
        """Raises `Overloaded` when `size` more bytes do not fit."""
        if self._held + size > self._limit:
            raise Overloaded(
                f"the gateway holds its limit of {self._limit} bytes of request bodies",
                retry_after=_RETRY_AFTER_SECONDS,
            )
        if client and self._by_client[client] + size > self._share:
            raise Overloaded(
                f"the gateway holds {self._share} bytes of request bodies from this address, "
                "its limit for one",
                retry_after=_RETRY_AFTER_SECONDS,
            )

    def take(self, client: str, size: int) -> None:
        self._held += size
        HELD.inc(size)
        if client:
            self._by_client[client] += size

    def give_back(self, client: str, size: int) -> None:
        self._held -= size
        HELD.dec(size)
        if client:
            self._by_client[client] -= size
            if not self._by_client[client]:
                del self._by_client[client]


class Hold:
    """The bytes that one request holds."""

    def __init__(self, budget: HeldBytes, client: str) -> None:
        self._budget = budget
        self._client = client
        self._size = 0

    def announce(self, size: int) -> None:
        """Raises `Overloaded` when a body of `size` bytes would not fit now. Takes nothing."""
        self._budget.require_room(self._client, size)

    def add(self, size: int) -> None:
        """Holds `size` more bytes. Raises `Overloaded` when they do not fit."""
        self._budget.require_room(self._client, size)
        self._budget.take(self._client, size)
        self._size += size

    def release(self) -> None:
        """Gives all of it back; further calls do nothing."""
        size, self._size = self._size, 0
        if size:
            self._budget.give_back(self._client, size)
