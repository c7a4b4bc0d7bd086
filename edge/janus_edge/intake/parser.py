"""Parses chat requests where they cannot hold up streams.

Parsing holds the interpreter's lock, in a thread as well: for some bodies that are allowed up to 300 ms at
once. So only small bodies are parsed here, and all others in a process of their own, one at a time.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Final

from janus_mesh import logs
from janus_mesh.errors import Internal, JanusError, Overloaded
from janus_mesh.json_bounds import most_values
from janus_mesh.openai import ParsedRequest, parse_chat_request
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

from .parse_worker import ANSWER, QUESTION

log = logs.get("edge.parser")

# Bodies up to both of these take about 5 ms at the worst.
_INLINE_BYTES: Final = 64 * 1024
_INLINE_VALUES: Final = 4_000
# For one body in the worker. The largest one takes 1 s on a busy core.
_SECONDS: Final = 20.0
# Bodies that wait for the worker. Their bytes are bounded apart, see `held_bytes`.
_MAX_WAITING: Final = 64
_RETRY_AFTER_SECONDS: Final = 2.0
_SLICE_BYTES: Final = 1024 * 1024


class Parser:
    """Parses bodies; one per process. The worker process starts when it is needed first; `close` ends it."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._worker: asyncio.subprocess.Process | None = None
        # The body of a caller that left while the worker was busy with it.
        self._abandoned: asyncio.Task[ParsedRequest] | None = None

    async def parse(self, body: bytes) -> ParsedRequest:
        """The request. Raises what `parse_chat_request` raises; `Overloaded` when too many bodies wait."""
        if len(body) <= _INLINE_BYTES and most_values(body, stop=_INLINE_VALUES) <= _INLINE_VALUES:
            return parse_chat_request(body)
        if self._waiting >= _MAX_WAITING:
            raise Overloaded("too many large requests wait to be parsed", retry_after=_RETRY_AFTER_SECONDS)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._next(body)
        finally:
            self._waiting -= 1

    async def start(self) -> None:
        """Starts the worker, so that the first large body does not wait for it."""
        async with self._turn:
            await self._running()

    async def close(self) -> None:
        """Ends the worker."""
        if self._abandoned is not None:
            self._abandoned.cancel()
            await asyncio.wait({self._abandoned})
        await self._end()

    async def _next(self, body: bytes) -> ParsedRequest:
        if self._abandoned is not None:  # its answer comes before ours
            await asyncio.wait({self._abandoned})
            self._abandoned = None
        asking = asyncio.create_task(self._ask(body))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            if not asking.done():
                asking.add_done_callback(_forget)
                self._abandoned = asking
            raise

    async def _ask(self, body: bytes) -> ParsedRequest:
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._answer(await self._running(), body)
        except TimeoutError:
            log.warning("a request took too long to parse", bytes=len(body), seconds=_SECONDS)
            failure: JanusError = Overloaded(
                f"the request could not be parsed within {_SECONDS:g} s", retry_after=_RETRY_AFTER_SECONDS
            )
        except (OSError, asyncio.IncompleteReadError) as error:
            log.error("the parser's process ended", reason=str(error), bytes=len(body))
            failure = Internal("the request could not be parsed; the gateway's log says more")
        await self._end()
        raise failure

    async def _answer(self, worker: asyncio.subprocess.Process, body: bytes) -> ParsedRequest:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(QUESTION.pack(len(body)))
        # In slices, so that no single call copies all of a large body.
        for start in range(0, len(body), _SLICE_BYTES):
            worker.stdin.write(body[start : start + _SLICE_BYTES])
            await worker.stdin.drain()
        parsed, stream, include_usage, size = ANSWER.unpack(await worker.stdout.readexactly(ANSWER.size))
        payload = await _read(worker.stdout, size)
        if not parsed:
            raise JanusError.from_proto(event_pb2.Error.FromString(payload))
        return ParsedRequest(request_pb2.ChatRequest.FromString(payload), stream, include_usage)

    async def _running(self) -> asyncio.subprocess.Process:
        if self._worker is None or self._worker.returncode is not None:
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "janus_edge.intake.parse_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_SLICE_BYTES,
            )
        return self._worker

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if worker.returncode is None:
            with suppress(ProcessLookupError):  # it ended by itself just now
                worker.kill()
        await worker.wait()


async def _read(source: asyncio.StreamReader, size: int) -> bytes:
    payload = bytearray(size)
    position = 0
    while position < size:
        part = await source.read(min(_SLICE_BYTES, size - position))
        if not part:
            raise asyncio.IncompleteReadError(b"", size)
        payload[position : position + len(part)] = part
        position += len(part)
    return bytes(payload)


def _forget(asking: asyncio.Task[ParsedRequest]) -> None:
    """Takes the result that nobody waits for, so that asyncio does not complain about it."""
    if not asking.cancelled():
        asking.exception()
