"""What waits for the wire, and the loop that carries it there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class Outbox(Generic[ItemT]):
    """Items in order; the pump takes them in loads of bounded size. `size_of` is an item's bytes."""

    LOAD_BYTES = 256 * 1024
    # So many share what a message costs well enough: they are not held back for more.
    LOAD_ITEMS = 300

    def __init__(self, size_of: Callable[[ItemT], int]) -> None:
        self._size_of = size_of
        self._items: list[ItemT] = []
        self._bytes = 0
        self._waiting: asyncio.Future[None] | None = None  # for an item
        self._resting: asyncio.Future[None] | None = None  # for the time, or for haste
        self._blocked: asyncio.Future[None] | None = None  # for room
        self._idle = asyncio.Event()
        self._hurried = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def bytes(self) -> int:
        """How many bytes wait."""
        return self._bytes

    @property
    def hurried(self) -> bool:
        """Whether something in it is in a hurry."""
        return self._hurried

    def put(self, item: ItemT, size: int, *, hurry: bool = False) -> None:
        """Adds an item of so many bytes; `hurry` as the method of that name. Does nothing after `close`."""
        if self._closed:
            return
        self._items.append(item)
        self._bytes += size
        if self._waiting is not None:
            _settle(self._waiting)
            self._waiting = None
        if hurry and not self._hurried:
            self.hurry()
        elif self._resting is not None and len(self._items) >= self.LOAD_ITEMS:
            _settle(self._resting)

    def hurry(self) -> None:
        """What waits is not to be held back for more to share its message."""
        self._hurried = True
        if self._resting is not None:
            _settle(self._resting)

    async def wait(self) -> None:
        """Returns when there is something to take; what was taken before is then on the wire."""
        if not self._items:
            self._idle.set()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
            self._idle.clear()

    async def rest(self, until: float) -> None:
        """Lets things gather until then (loop time), until they are many, or one is in a hurry."""
        loop = asyncio.get_running_loop()
        if self._hurried or len(self._items) >= self.LOAD_ITEMS or until <= loop.time():
            return
        self._resting = loop.create_future()
        timer = loop.call_at(until, _settle, self._resting)
        try:
            await self._resting
        finally:
            timer.cancel()
            self._resting = None

    async def below(self, limit: int) -> None:
        """Returns when at most `limit` bytes wait. Only one task may wait at a time."""
        while self._bytes > limit:
            self._blocked = asyncio.get_running_loop().create_future()
            await self._blocked

    async def emptied(self) -> None:
        """Returns when all that was put has been carried away, or never will be.

        Waits without bound for a peer that does not read: call it with a timeout.
        """
        if self._items and not self._closed:
            self._idle.clear()
        await self._idle.wait()

    def close(self) -> None:
        """Nobody will take anything any more."""
        self._closed = True
        self._items.clear()
        self._bytes = 0
        self._idle.set()
        self._unblock()

    def _unblock(self) -> None:
        if self._blocked is not None:
            _settle(self._blocked)
            self._blocked = None

    def take(self) -> list[ItemT]:
        """The next load: everything, or the first items that make up `LOAD_BYTES`."""
        items = self._items
        if self._bytes <= self.LOAD_BYTES:
            self._items, self._bytes, self._hurried = [], 0, False
            self._unblock()
            return items
        count = taken = 0
        while taken < self.LOAD_BYTES:
            taken += self._size_of(items[count])
            count += 1
        self._items, self._bytes = items[count:], self._bytes - taken
        self._unblock()
        return items[:count]


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


# A writer rests a floor for each exchange beyond the first that it wrote of, and at most so many.
_MOST_FLOORS = 8


async def pump(
    outbox: Outbox[ItemT],
    write: Callable[[list[ItemT]], Awaitable[None]],
    floor: float,
    exchange_of: Callable[[ItemT], int],
) -> None:
    """Writes whatever queued while the last write was under way, for ever.

    Under load it rests between two writes, so that many exchanges share a message: what one costs hardly
    depends on how much is in it. `floor` (seconds) is the rest after a message of two exchanges, eight
    times as much that after one of many. An exchange that is alone is never delayed, nor is what is in a
    hurry.
    """
    clock = asyncio.get_running_loop().time
    while True:
        await outbox.wait()
        if not outbox.hurried:
            await asyncio.sleep(0)  # who was woken by the same read may have something to add
        items = outbox.take()
        await write(items)
        others = len(set(map(exchange_of, items))) - 1
        await outbox.rest(clock() + floor * min(others, _MOST_FLOORS))
