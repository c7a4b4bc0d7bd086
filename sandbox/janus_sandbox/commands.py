"""Running one command in a box: with its whole output at the end, or line by line while it runs."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any

from .backend import Box, Command, Execution
from .left_open import LeftOpen
from .pipe import Pipe

TIMED_OUT = 124  # what timeout(1) answers
# What a command wrote is in its pipes when it ends; a child that it left behind may keep them open. Then
# they are handed to the sandbox's `LeftOpen`.
_LEFT_OPEN_SECONDS = 0.1
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command. Outputs are cut at the bound that was asked for."""

    stdout: bytes
    stderr: bytes
    exit_code: int
    seconds: float
    timed_out: bool
    truncated: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of output without its end; one that is too long comes in several pieces."""

    stream: str  # stdout or stderr
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """The last thing that `follow` says."""

    exit_code: int
    seconds: float
    timed_out: bool


class _Pipes:
    """Two pipes for a command's outputs; those with writers left go to `LeftOpen` at the end."""

    def __init__(self, left_open: LeftOpen) -> None:
        self._left_open = left_open
        self._pipes: tuple[Pipe, ...] = ()

    def __enter__(self) -> tuple[Pipe, Pipe]:
        stdout = Pipe()
        try:
            self._pipes = stdout, Pipe()
        except OSError:
            stdout.close()
            raise
        return self._pipes

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.handed_over()
            if pipe.ended:
                pipe.close()
            else:
                self._left_open.take(pipe)


class _Captured:
    """The beginning of an output; what is beyond `most` bytes is read and dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        self.truncated = False

    async def take(self, pipe: Pipe) -> None:
        while data := await pipe.read():
            kept = data[: self._most - self._size]
            self.truncated |= len(kept) < len(data)
            self._size += len(kept)
            if kept:
                self._parts.append(kept)

    def content(self) -> bytes:
        return b"".join(self._parts)


async def run(box: Box, command: Command, *, seconds: float, most: int, left_open: LeftOpen) -> Outcome:
    """Runs a command to its end, for at most `seconds`, keeping `most` bytes of each output.

    A caller that is cancelled ends the command. Processes that it leaves in the background go on.
    """
    began = time.monotonic()
    out, err = _Captured(most), _Captured(most)
    with _Pipes(left_open) as (stdout, stderr):
        execution = await _started(box, command, stdout, stderr)
        reading = [asyncio.create_task(out.take(stdout)), asyncio.create_task(err.take(stderr))]
        try:
            exit_code, timed_out = await _ended(execution, seconds)
            await asyncio.wait(reading, timeout=_LEFT_OPEN_SECONDS)
        finally:
            await _stop(reading)
    return Outcome(
        out.content(),
        err.content(),
        exit_code,
        time.monotonic() - began,
        timed_out,
        out.truncated or err.truncated,
    )


async def follow(
    box: Box, command: Command, *, seconds: float, stop: asyncio.Event, left_open: LeftOpen
) -> AsyncGenerator[Line | Ending, None]:
    """A command's lines as it writes them, held back while nobody takes them; then its ending.

    Setting `stop` ends the command, and so does closing the iterator.
    """
    began = time.monotonic()
    lines: asyncio.Queue[Line] = asyncio.Queue(maxsize=64)
    with _Pipes(left_open) as (stdout, stderr):
        execution = await _started(box, command, stdout, stderr)
        reading = [
            asyncio.create_task(_split(stdout, "stdout", lines)),
            asyncio.create_task(_split(stderr, "stderr", lines)),
        ]
        ending = asyncio.create_task(_stopped_or_ended(execution, seconds, stop))
        drained = asyncio.create_task(_drained(ending, reading))
        try:
            while (line := await _next(lines, drained)) is not None:
                yield line
            exit_code, timed_out = await ending
        finally:
            await _stop([drained, ending, *reading])
    yield Ending(exit_code, time.monotonic() - began, timed_out)


async def _started(box: Box, command: Command, stdout: Pipe, stderr: Pipe) -> Execution:
    execution = await box.execute(command, stdout.target, stderr.target)
    stdout.handed_over()
    stderr.handed_over()
    return execution


async def _ended(execution: Execution, seconds: float) -> tuple[int, bool]:
    """The exit code, and whether the time was over. Cancelled, it ends the command."""
    try:
        async with asyncio.timeout(seconds):
            return await execution.wait(), False
    except TimeoutError:
        await execution.kill()
        await execution.wait()
        return TIMED_OUT, True
    except asyncio.CancelledError:
        await asyncio.shield(execution.kill())
        raise


async def _stopped_or_ended(execution: Execution, seconds: float, stop: asyncio.Event) -> tuple[int, bool]:
    async def kill_when_stopped() -> None:
        await stop.wait()
        await execution.kill()

    killing = asyncio.create_task(kill_when_stopped())
    try:
        return await _ended(execution, seconds)
    finally:
        killing.cancel()


async def _split(pipe: Pipe, stream: str, lines: asyncio.Queue[Line]) -> None:
    rest = b""
    while data := await pipe.read():
        *whole, rest = (rest + data).split(b"\n")
        while len(rest) > _LONGEST_LINE:
            whole.append(rest[:_LONGEST_LINE])
            rest = rest[_LONGEST_LINE:]
        for line in whole:
            await lines.put(Line(stream, line.decode("utf-8", "replace").rstrip("\r")))
    if rest:
        await lines.put(Line(stream, rest.decode("utf-8", "replace")))


async def _drained(ending: asyncio.Task[tuple[int, bool]], reading: list[asyncio.Task[None]]) -> None:
    """Returns when the command has ended and its lines are in the queue."""
    await asyncio.wait([ending])
    await asyncio.wait(reading, timeout=_LEFT_OPEN_SECONDS)


async def _next(lines: asyncio.Queue[Line], drained: asyncio.Task[None]) -> Line | None:
    """The next line; None when there will be none."""
    if not lines.empty():
        return lines.get_nowait()
    getting = asyncio.create_task(lines.get())
    try:
        await asyncio.wait((getting, drained), return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            return getting.result()
    finally:
        getting.cancel()
    return None if lines.empty() else lines.get_nowait()


async def _stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
