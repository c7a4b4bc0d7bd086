"""Output that background processes still write to when their command has ended.

A server that a command started with `&` keeps the command's pipes. If these were closed, its next line of
output would end it (SIGPIPE), so they are read on, and what comes is dropped.
"""

import asyncio
from collections import OrderedDict

from .pipe import Pipe

# For each sandbox; each is a descriptor and a task of the service. The oldest goes first.
_MOST = 64
# Between two reads of up to 64 KiB, so that what floods is slowed down (to about 1 MB/s) and costs nothing.
_PAUSE_SECONDS = 0.06


class LeftOpen:
    """The open pipes of one sandbox, each read until its last writer is gone."""

    def __init__(self) -> None:
        self._draining: OrderedDict[Pipe, asyncio.Task[None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._draining)

    def take(self, pipe: Pipe) -> None:
        """Reads a pipe on from now; it is closed here."""
        self._draining[pipe] = asyncio.create_task(self._drain(pipe))
        if len(self._draining) > _MOST:
            self._draining.popitem(last=False)[1].cancel()

    def close(self) -> None:
        """Closes all of them, for when the sandbox has ended."""
        for task in list(self._draining.values()):
            task.cancel()

    async def _drain(self, pipe: Pipe) -> None:
        try:
            while True:
                if not await pipe.read():
                    return
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            pipe.close()
            self._draining.pop(pipe, None)
