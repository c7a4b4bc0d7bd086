"""One HTTP answer under way: its head, and its body as it comes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError

from .inflate import Inflater, inflater

# Bytes of a body that may wait to be read; more stops reading from the socket.
_READ_BUFFER = 64 * 1024
# How long an error's body is waited for.
_ERROR_SECONDS = 1.0

log = logs.get("shim.http")

# Takes a piece of a body; False when it wants no more of it for now.
Take = Callable[[bytes], bool]


class Wire(Protocol):
    """What a call needs of its connection."""

    def pause(self) -> None:
        """Reads no more until `resume`."""

    def resume(self) -> None:
        """Reads on."""


class Call:
    """Filled by its connection, read by one task. Every failure is a `JanusError`."""

    __slots__ = (
        "_body",
        "_failure",
        "_inflater",
        "_paused",
        "_resting",
        "_take",
        "_waiter",
        "_wire",
        "ended",
        "head_came",
        "headers",
        "status",
    )

    def __init__(self, wire: Wire) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}  # names in lower case
        self.head_came = False
        self.ended = False  # the whole answer came in
        self._wire = wire
        self._failure: BaseException | None = None
        self._body = bytearray()  # what waits to be read
        self._paused = False
        self._inflater: Inflater | None = None
        self._take: Take | None = None
        self._resting = False
        self._waiter: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Waits for the head."""
        while not self.head_came:
            if self._failure is not None:
                raise self._failure
            await self._change()
        self._inflater = inflater(self.headers.get("content-encoding", ""))

    async def read(self) -> bytes:
        """The next bytes of the body, b"" at its end. Raises `CompetitorFailed` when it breaks off."""
        while True:
            if self._inflater is not None and (unpacked := self._inflater.more()):
                return unpacked
            if self._body:
                body = self._next()
                if self._inflater is None:
                    return body
                self._inflater.feed(body)
            elif self._failure is not None:
                raise self._failure
            elif self.ended:
                if self._inflater is not None:
                    self._inflater.check_end()
                return b""
            else:
                await self._change()

    async def push(self, take: Take) -> bool:
        """Hands the body to `take` as it arrives, without waking this task for each piece.

        Returns True when `take` wanted a rest, to be called again, and False at the end of the body.
        Raises as `read` does, and what `take` raises.
        """
        if self._inflater is not None:
            await asyncio.sleep(0)  # what is unpacked may come without waiting, again and again
            read = await self.read()
            return bool(read) and (take(read) or True)
        if self._body and not take(self._next()):
            return True
        self._take = take
        try:
            while not (self._resting or self._body):
                if self._failure is not None:
                    raise self._failure
                if self.ended:
                    return False
                await self._change()
            return True
        finally:
            self._take, self._resting = None, False

    async def read_whole(self, limit: int, begun: bytes = b"") -> bytes:
        """The whole body, `begun` with what was read of it before.

        Raises `CompetitorFailed` when it breaks off or has more than `limit` bytes.
        """
        body = bytearray()
        read = begun or await self.read()
        while read:
            body += read
            if len(body) > limit:
                raise CompetitorFailed(f"the competitor's answer has more than {limit} bytes")
            await asyncio.sleep(0)  # unpacking a compressed body may take turns without waiting
            read = await self.read()
        return bytes(body)

    async def read_some(self, limit: int) -> bytes:
        """What comes of an error's body soon; it is for people, so `limit` bytes of it will do."""
        body = bytearray()
        try:
            async with asyncio.timeout(_ERROR_SECONDS):
                while len(body) < limit and (read := await self.read()):
                    body += read
        except (TimeoutError, JanusError) as cut:
            log.debug("error body cut short", reason=repr(cut))
        return bytes(body[:limit])

    # What the connection tells.

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The head is there."""
        self.status, self.headers, self.head_came = status, headers, True
        self._wake()

    def receive(self, body: bytes) -> None:
        """A piece of the body arrived."""
        if self._take is None:
            self._keep(body)
            return
        try:
            self._resting = not self._take(body)
        except Exception as error:  # noqa: BLE001  # raised again in the task that pushes
            self.fail(error)
        if self._resting:
            self._take = None
            self._wake()

    def end(self) -> None:
        """The body is complete."""
        self.ended = True
        self._wake()

    def fail(self, error: BaseException) -> None:
        """Nothing more will come."""
        if self._failure is None and not self.ended:
            self._failure = error
            self._take = None
            self._wake()

    def discard(self) -> None:
        """Nobody reads it any more: what still comes is dropped, so that the connection can be kept."""
        self._take = _nowhere
        self._clear()

    def _keep(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > _READ_BUFFER and not self._paused:
            self._paused = True
            self._wire.pause()
        self._wake()

    def _next(self) -> bytes:
        body = bytes(self._body)
        self._clear()
        return body

    def _clear(self) -> None:
        self._body.clear()
        if self._paused:
            self._paused = False
            if not self.ended:  # else the connection has moved on
                self._wire.resume()

    async def _change(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _nowhere(_: bytes) -> bool:
    return True
