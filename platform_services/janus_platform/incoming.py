"""The reading side of one HTTP request: its body within a bound, and the moment when its client leaves."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from janus_mesh.errors import PayloadTooLarge


class Incoming:
    """What the client sends. A body that is not wanted is passed over."""

    def __init__(self, receive: Receive, *, wanted: bool) -> None:
        self._receive = receive
        self._done = asyncio.Event()  # from now on nothing but the client's departure is of interest
        if not wanted:
            self._done.set()

    async def read(self, headers: Mapping[str, str], limit: int) -> bytes:
        """The whole body; raises `PayloadTooLarge` as soon as it is longer than `limit` bytes."""
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise _too_large(limit)
        return b"".join([part async for part in self.stream(limit)])

    async def stream(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The body in pieces as they come. Raises `PayloadTooLarge`, and `ClientDisconnect`."""
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            if part:
                yield part
        self._done.set()

    async def departure(self) -> None:
        """Returns when the client has left, once its body was read."""
        await self._done.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the request body is larger than {limit} bytes")
