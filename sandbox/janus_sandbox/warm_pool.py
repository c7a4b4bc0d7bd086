"""Boxes that are ready before anybody asks for them."""

import asyncio
import secrets
from collections import deque
from contextlib import suppress

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .backend import Backend, Box
from .limits import FLAVORS

log = logs.get("sandbox.warm_pool")

_RETRY_SECONDS = 5.0
_REST_SECONDS = 0.1


def new_id() -> str:
    """An id that cannot be guessed: whoever knows it reads the sandbox's artifacts."""
    return f"sb_{secrets.token_hex(12)}"


class WarmPool:
    """Keeps `size` boxes of one flavor; use between `open` and `close`."""

    def __init__(self, backend: Backend, flavor: str, size: int) -> None:
        self.flavor = flavor
        self._backend = backend
        self._size = size
        self._ready: deque[tuple[str, Box]] = deque()
        self._wanted = asyncio.Event()
        self._added = asyncio.Condition()
        self._filled_once = False
        self._filling: asyncio.Task[None] | None = None
        self._buried: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def memory_bytes(self) -> int:
        """The limits of those that wait."""
        return len(self._ready) * FLAVORS[self.flavor].memory_bytes

    def open(self) -> None:
        self._filling = asyncio.create_task(self._fill())
        self._wanted.set()

    def take(self) -> tuple[str, Box] | None:
        """A ready box and its id; another is made in its place."""
        self._wanted.set()
        while self._ready:
            sandbox_id, box = self._ready.popleft()
            if box.alive:
                return sandbox_id, box
            self._buried.append(asyncio.create_task(box.end()))
        return None

    async def filled(self) -> None:
        """Returns when all that shall wait are ready."""
        async with self._added:
            await self._added.wait_for(lambda: len(self._ready) >= self._size)

    async def close(self) -> None:
        if self._filling is not None:
            self._filling.cancel()
            with suppress(asyncio.CancelledError):
                await self._filling
        await asyncio.gather(*(box.end() for _, box in self._ready), *self._buried)
        self._ready.clear()

    async def _fill(self) -> None:
        while True:
            await self._wanted.wait()
            if self._filled_once:  # what was just taken has its first work to do: it goes before
                await asyncio.sleep(_REST_SECONDS)
            self._wanted.clear()
            while len(self._ready) < self._size:
                sandbox_id = new_id()
                try:
                    box = await self._backend.start(sandbox_id, FLAVORS[self.flavor])
                    self._ready.append((sandbox_id, box))
                    async with self._added:
                        self._added.notify_all()
                except JanusError as error:
                    log.error("no warm sandbox", reason=error.message)
                    await asyncio.sleep(_RETRY_SECONDS)
            self._filled_once = True
