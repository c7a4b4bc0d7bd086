"""One running process of a service: started on a leash, read line by line, ended with all it started."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

_LEASH = Path(__file__).with_name("leash.py")
# A line longer than this is handed on in pieces.
_LINE_BYTES = 1024 * 1024
# How long to wait for output after the end: something that left the process group may hold the pipe open.
_LAST_WORDS_SECONDS = 1.0


class Process:
    """A child in a session of its own, so that a terminal's Ctrl-C reaches the supervisor alone."""

    def __init__(self, transport: asyncio.SubprocessTransport, output: "_Output") -> None:
        self._transport = transport
        self._output = output
        self.pid = transport.get_pid()

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], on_line: Callable[[bytes], None]
    ) -> Self:
        """Starts `command`; `on_line` gets each line of its output and error output as it comes."""
        leash = (sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()))
        transport, protocol = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Output(on_line),
            *leash,
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(transport, protocol)

    async def wait(self) -> int:
        """Its exit status, negative for a signal, once it ended and its output was read."""
        await self._output.exited.wait()
        self.kill()  # whatever it started and left behind
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._output.closed.wait()
        self._output.flush()
        self._transport.close()
        return self._transport.get_returncode() or 0

    def terminate(self) -> None:
        """Asks it to stop. What it started is its own to stop."""
        if not self._output.exited.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Ends it and everything in its process group at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


class _Output(asyncio.SubprocessProtocol):
    """Cuts the child's output into lines. (`Process.wait` of asyncio would wait for the pipe too.)"""

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self._on_line = on_line
        self._rest = b""
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line)
        if len(self._rest) >= _LINE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._rest:
            rest, self._rest = self._rest, b""
            self._on_line(rest)

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.closed.set()
