"""A provider's answer as it is to be passed on: unpacked, and labelled as what it is."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import httpx

from janus_mesh.errors import Unavailable
from janus_mesh.event_stream import EVENT_STREAM, begins_event_stream, is_event_stream
from janus_mesh.inflate import Inflater, inflater

JSON = "application/json"
_Pieces = AsyncGenerator[bytes, None]
# What of the provider's head concerns the caller.
_PASSED_HEADERS = ("content-type", "content-encoding", "retry-after", "retry-after-ms", "x-should-retry")
_PASSED_PREFIX = "x-ratelimit-"


class AnswerBytes:
    """The pieces of a body, read by `next`. The first ones are held back until the body's kind is known."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.pieces = _unpacked(response)
        self._begun = b""

    async def next(self) -> bytes:
        """More of the body; b"" at its end."""
        if self._begun:
            begun, self._begun = self._begun, b""
            return begun
        return await anext(self.pieces, b"")

    async def headers(self, *, streams: bool) -> dict[str, str]:
        """The head to pass on. For an answer that should be a stream, the label is what its bytes say."""
        passed = {
            name: value
            for name, value in self._response.headers.items()
            if name in _PASSED_HEADERS or name.startswith(_PASSED_PREFIX)
        }
        if _encoding(self._response) is not None:
            passed.pop("content-encoding", None)
        said = passed.get("content-type", "")
        if not self._response.is_success or (said and not streams and "," not in said):
            return passed
        if await self._is_event_stream():
            passed["content-type"] = said if is_event_stream(said) else EVENT_STREAM
        elif not said or "," in said or is_event_stream(said):
            passed["content-type"] = JSON
        return passed

    async def _is_event_stream(self) -> bool:
        while (kind := begins_event_stream(self._begun)) is None:
            piece = await anext(self.pieces, b"")
            if not piece:
                return is_event_stream(self._response.headers.get("content-type", ""))
            self._begun += piece
        return kind


async def _unpacked(response: httpx.Response) -> _Pieces:
    """Raises `Unavailable` for a body that is not packed as it says."""
    encoding = _encoding(response)
    raw = cast(_Pieces, response.aiter_raw())
    async with aclosing(raw):
        try:
            async for data in raw:
                if encoding is None:
                    yield data
                    continue
                for piece in encoding.feed(data):
                    yield piece
            if encoding is not None:
                encoding.check_end()
        except ValueError as error:
            raise Unavailable(f"the model provider's answer: {error}", code="provider_failed") from None


def _encoding(response: httpx.Response) -> Inflater | None:
    """What unpacks the body; None when it is passed on as it is, packed in a way that is unknown here."""
    try:
        return inflater(response.headers.get("content-encoding", ""))
    except ValueError:
        return None
