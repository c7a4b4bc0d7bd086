"""The pipe that a command's output comes through, read no faster than it is wanted."""

import asyncio
import os
from types import TracebackType
from typing import Self

_READ_BYTES = 65_536


class Pipe:
    """Use as `with`: `target` is for the command, and to be closed here once it is handed over."""

    def __init__(self) -> None:
        self._source, self.target = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._source, False)
        self._closed = False
        self.ended = False  # nobody holds the other end any more
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """What has come, at least one byte; none when nobody holds the other end any more."""
        while True:
            try:
                data = os.read(self._source, _READ_BYTES)
                self.ended = not data
                return data
            except BlockingIOError:
                await self._readable()

    def handed_over(self) -> None:
        """Closes our own copy of the command's end, without which reading would never end."""
        if self.target >= 0:
            os.close(self.target)
            self.target = -1

    def close(self) -> None:
        """Closes both ends; whoever still writes to it is told by SIGPIPE. Harmless when it was done."""
        self.handed_over()
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._source)
            os.close(self._source)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _readable(self) -> None:
        came = self._loop.create_future()
        self._loop.add_reader(self._source, _resolve, came)
        try:
            await came
        finally:
            if not self._closed:  # else the number may be another's by now
                self._loop.remove_reader(self._source)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
