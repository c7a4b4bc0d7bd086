"""A child process of the service: started, killed and awaited by its descriptor, never by a bare number."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

_SAID_BYTES = 2000


class WatchedProcess:
    """Made by `start`. What it writes to standard error is kept for `said`."""

    def __init__(self, process: subprocess.Popen[bytes], said: int) -> None:
        self._process = process
        self._said_to = said
        self._said = ""
        self._loop = asyncio.get_running_loop()
        self._pidfd = os.pidfd_open(process.pid)
        self._ended = asyncio.Event()
        self._loop.add_reader(self._pidfd, self._end)

    @classmethod
    def start(
        cls, command: Sequence[str], descriptors: Sequence[int] = (), *, stdin: int = subprocess.DEVNULL
    ) -> Self:
        """Starts a command that inherits these descriptors, and nothing of our environment.

        To be called on the main thread: a child may be told to die with the thread that made it.
        """
        said = os.memfd_create("said", os.MFD_CLOEXEC)
        try:
            process = subprocess.Popen(  # noqa: S603  # our own program and arguments
                command,
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=said,
                pass_fds=descriptors,
                env={},
                cwd="/",
            )
        except BaseException:
            os.close(said)
            raise
        return cls(process, said)

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> str:
        """The beginning of what it wrote, once it has ended."""
        return self._said

    def kill(self) -> None:
        if not self._ended.is_set():
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def ended(self, within: float | None = None) -> bool:
        """Returns when it is gone, or not by then: whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ended.wait()
        return self._ended.is_set()

    def _end(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._process.wait()
        self._said = os.pread(self._said_to, _SAID_BYTES, 0).decode("utf-8", "replace").strip()
        os.close(self._said_to)
        self._ended.set()
