"""The reading side of one HTTP request: its body within a bound, and the moment when its client leaves."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.types import Receive

from janus_mesh.http import body_parts, client_left, read_body


class Incoming:
    """What the client sends. A body that is not wanted is passed over."""

    def __init__(self, receive: Receive, *, wanted: bool) -> None:
        self._receive = receive
        self._done = asyncio.Event()  # from now on nothing but the client's departure is of interest
        if not wanted:
            self._done.set()

    async def read(self, headers: Mapping[str, str], limit: int) -> bytes:
        """The whole body; raises `PayloadTooLarge` as soon as it is longer than `limit` bytes."""
        body = await read_body(headers, self._receive, limit=limit)
        self._done.set()
        return body

    async def stream(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The body in pieces as they come. Raises `PayloadTooLarge`, and `ClientLeft`."""
        async for part in body_parts(self._receive, limit=limit):
            yield part
        self._done.set()

    async def departure(self) -> None:
        """Returns when the client has left, once its body was read."""
        await self._done.wait()
        await client_left(self._receive)
