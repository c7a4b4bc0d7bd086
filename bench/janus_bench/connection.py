"""The client's side of one HTTP/1.1 connection, timed where bytes arrive."""

import asyncio
import time
from typing import Any, Protocol, cast

import httptools

from .arrivals import Arrivals, stamped

_REFUSAL_BYTES = 64 * 1024


class BodyReader(Protocol):
    """What is read of one answer; `now` is when the bytes arrived, in monotonic seconds."""

    sent_at: float

    def feed(self, data: bytes, now: float) -> None:
        """A piece of the body of a 200. What it raises ends the connection, and `lost` follows."""

    def end(self) -> None:
        """The body is complete."""

    def lost(self) -> None:
        """The connection closed before the body was complete."""

    def refused(self, status: int, body: bytes) -> None:
        """The status was not 200; the body, as much of it as is kept."""


class Connection(asyncio.Protocol):
    """Asks one question at a time; closing it is how the client leaves.

    Bytes are stamped in `data_received`; `by_kernel`, by the kernel before that, where it can.
    """

    def __init__(self, *, by_kernel: bool = False) -> None:
        self.reusable = True
        self._by_kernel = by_kernel
        self._arrivals: Arrivals | None = None
        self._loop = asyncio.get_running_loop()
        self._reader: BodyReader | None = None
        self._answered: asyncio.Future[None] | None = None
        self._parser: Any = None
        self._now = 0.0
        self._refusal = bytearray()

    async def ask(self, request: bytes, reader: BodyReader) -> None:
        """Returns when the answer is complete or the connection is gone; `reader` knows which."""
        self._reader = reader
        self._parser = httptools.HttpResponseParser(self)
        self._refusal.clear()
        self._answered = self._loop.create_future()
        reader.sent_at = time.monotonic()
        if self._transport.is_closing():
            self._ended(lost=True)
        else:
            self._transport.write(request)
        await self._answered

    @property
    def idle(self) -> bool:
        """Whether it can be asked: it is open, and nobody is being answered."""
        return self.reusable and self._reader is None and not self._transport.is_closing()

    def leave(self) -> None:
        self.reusable = False
        self._reader = None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape, not by class
        if self._by_kernel:
            self._arrivals = stamped(self._transport, self._arrived)

    def data_received(self, data: bytes) -> None:
        self._arrived(data, time.monotonic())

    def _arrived(self, data: bytes, now: float) -> None:
        self._now = now
        if self._reader is None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._ended(lost=True)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self.reusable = False
        if self._arrivals is not None:
            self._arrivals.close()
        self._ended(lost=True)

    def on_body(self, body: bytes) -> None:
        if self._reader is None:
            return
        if self._parser.get_status_code() == 200:
            self._reader.feed(body, self._now)
        else:
            self._refusal += body[: _REFUSAL_BYTES - len(self._refusal)]

    def on_message_complete(self) -> None:
        if self._reader is not None and self._parser.get_status_code() != 200:
            self._reader.refused(self._parser.get_status_code(), bytes(self._refusal))
        self.reusable = self._parser.should_keep_alive()
        self._ended(lost=False)

    def _ended(self, *, lost: bool) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            if lost:
                reader.lost()
            else:
                reader.end()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)
