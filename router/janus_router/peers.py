"""One channel per address, shared by all competitors behind it, closed when nobody needs it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import janus_mesh as mesh


class PeerPool:
    """Counts the users of each peer; a shim's peer serves every competitor behind that shim."""

    def __init__(self) -> None:
        self._peers: dict[str, mesh.Peer] = {}
        self._users: dict[str, int] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __contains__(self, target: str) -> bool:
        return target in self._peers

    def acquire(self, target: str) -> mesh.Peer:
        """The peer at `target`; pairs with one `release`."""
        if target not in self._peers:
            self._peers[target] = mesh.dial(target)
        self._users[target] = self._users.get(target, 0) + 1
        return self._peers[target]

    def release(self, target: str) -> None:
        """Gives it back; the last one closes it."""
        self._users[target] -= 1
        if not self._users[target]:
            del self._users[target]
            self._close(target)

    @contextmanager
    def using(self, target: str) -> Iterator[mesh.Peer]:
        """Holds the peer for a block, so that it outlives a competitor that is removed meanwhile."""
        peer = self.acquire(target)
        try:
            yield peer
        finally:
            self.release(target)

    async def close(self) -> None:
        """Closes what is left, used or not."""
        for target in [*self._peers]:
            self._close(target)
        if self._closing:
            await asyncio.wait(self._closing)

    def _close(self, target: str) -> None:
        peer = self._peers.pop(target, None)
        if peer is not None:
            closing = asyncio.create_task(peer.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
