"""What waits for the wire, and the loop that carries it there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class Outbox(Generic[ItemT]):
    """Items in order, each with its size; the pump takes them in loads of bounded size."""

    LOAD_BYTES = 256 * 1024

    def __init__(self) -> None:
        self._items: list[tuple[ItemT, int]] = []
        self._bytes = 0
        self._waiting: asyncio.Future[None] | None = None
        self._idle = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: ItemT, size: int = 0) -> None:
        self._items.append((item, size))
        self._bytes += size
        if self._waiting is not None:
            if not self._waiting.done():
                self._waiting.set_result(None)
            self._waiting = None

    async def wait(self) -> None:
        """Returns when there is something to take; what was taken before is then on the wire."""
        if not self._items:
            self._idle.set()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
            self._idle.clear()

    async def emptied(self) -> None:
        """Returns when all that was put has been carried away, or never will be."""
        if self._items and not self._closed:
            self._idle.clear()
        await self._idle.wait()

    def close(self) -> None:
        """Nobody will take anything any more."""
        self._closed = True
        self._items.clear()
        self._idle.set()

    def take(self) -> list[ItemT]:
        """The next load: everything, or the first items that make up `LOAD_BYTES`."""
        items = self._items
        if self._bytes <= self.LOAD_BYTES:
            self._items, self._bytes = [], 0
            return [item for item, _ in items]
        count = taken = 0
        while taken < self.LOAD_BYTES:
            taken += items[count][1]
            count += 1
        self._items, self._bytes = items[count:], self._bytes - taken
        return [item for item, _ in items[:count]]


async def pump(outbox: Outbox[ItemT], write: Callable[[list[ItemT]], Awaitable[None]], floor: float) -> None:
    """Writes whatever queued while the last write was under way, for ever.

    `floor` (seconds) is the least time between two writes: it delays nothing that comes alone, and
    lets frames of many exchanges share a message when they come together.
    """
    clock = asyncio.get_running_loop().time
    while True:
        await outbox.wait()
        began = clock()
        await write(outbox.take())
        rest = floor - (clock() - began)
        if rest > 0:
            await asyncio.sleep(rest)
