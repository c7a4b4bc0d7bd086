"""The inference proxy's answer: unpacked, within bounds, and known by its bytes for what it is."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import httpx

from janus_mesh.errors import Unavailable
from janus_mesh.event_stream import begins_event_stream, is_event_stream
from janus_mesh.inflate import inflater

from .patience import Patience

_LONGEST_BODY = 64 * 1024 * 1024


class ProxiedAnswer:
    """The proxy's answer, whose bytes say what it is when its label does not."""

    def __init__(self, response: httpx.Response, patience: Patience) -> None:
        self.status = response.status_code
        self.content_type = str(response.headers.get("content-type", ""))
        self.retry_after = str(response.headers.get("retry-after", ""))
        self._patience = patience
        self._pieces = _unpacked(response)
        self._begun = b""

    async def streams(self) -> bool:
        """Whether it is a stream of events, by its first bytes unless it is labelled as one."""
        if self.status != 200:
            return False
        while (kind := begins_event_stream(self._begun)) is None:
            async with self._patience.wait():
                piece = await anext(self._pieces, b"")
            if not piece:
                return is_event_stream(self.content_type)
            self._begun += piece
        return kind

    async def reads(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces as they come; each is waited for as long as the patience allows."""
        async with aclosing(self._pieces):
            if self._begun:
                yield self._begun
            while True:
                async with self._patience.wait():
                    piece = await anext(self._pieces, b"")
                if not piece:
                    return
                yield piece

    async def whole(self) -> bytes:
        """The whole body. Raises `Unavailable` for one that is too long."""
        body = bytearray()
        async with aclosing(self.reads()) as reads:
            async for piece in reads:
                body += piece
                if len(body) > _LONGEST_BODY:
                    raise Unavailable("the inference proxy's answer is too long", code="inference_failed")
        return bytes(body)


async def _unpacked(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body's bytes. Raises `Unavailable` for a body that is not packed as it says."""
    raw = cast(AsyncGenerator[bytes, None], response.aiter_raw())
    async with aclosing(raw):
        try:
            unpacker = inflater(response.headers.get("content-encoding", ""))
            async for data in raw:
                for piece in unpacker.feed(data) if unpacker else (data,):
                    yield piece
            if unpacker is not None:
                unpacker.check_end()
        except ValueError as error:
            raise Unavailable(f"the inference proxy's answer: {error}", code="inference_failed") from None
