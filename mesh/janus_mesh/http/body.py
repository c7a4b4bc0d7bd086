"""The body of a request, within a bound."""

from collections.abc import AsyncGenerator, Mapping

from starlette.types import Receive

from janus_mesh.errors import PayloadTooLarge

from .departure import ClientLeft


async def read_body(headers: Mapping[str, str], receive: Receive, *, limit: int) -> bytes:
    """The whole body.

    Raises `PayloadTooLarge` as soon as it is longer than `limit` bytes, at once if the client announces
    as much, or `ClientLeft`.
    """
    require_announced(headers, limit=limit)
    return b"".join([part async for part in body_parts(receive, limit=limit)])


def require_announced(headers: Mapping[str, str], *, limit: int) -> int:
    """The length that the client announces, 0 if it announces none.

    Raises `PayloadTooLarge` when that is more than `limit` bytes.
    """
    announced = headers.get("content-length", "")
    if not (announced.isascii() and announced.isdecimal()):
        return 0
    # Python reads only so many digits; with more than 20 it is too large for anything.
    size = int(announced) if len(announced) <= 20 else limit + 1
    if size > limit:
        raise _too_large(limit)
    return size


async def body_parts(receive: Receive, *, limit: int) -> AsyncGenerator[bytes, None]:
    """The body in pieces as they come. Raises `PayloadTooLarge`, or `ClientLeft`."""
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        more = message.get("more_body", False)
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if part:
            yield part


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the request body is larger than {limit} bytes")
