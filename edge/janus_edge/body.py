"""Reading a JSON request body within bounds of size and time."""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.types import Receive

from janus_mesh.errors import RequestTimeout, UnsupportedMediaType
from janus_mesh.http import read_body

_JSON = re.compile(r"application/([\w.+-]+\+)?json", re.IGNORECASE)


async def read_json_body(headers: Headers, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body.

    Raises `UnsupportedMediaType`, `PayloadTooLarge` as soon as the limit is passed (at once if the
    client announces as much), `RequestTimeout`, or `ClientLeft`.
    """
    _require_json(headers)
    try:
        async with asyncio.timeout(seconds):
            return await read_body(headers, receive, limit=limit)
    except TimeoutError:
        raise RequestTimeout(f"the request body did not arrive within {seconds:g} s") from None


def _require_json(headers: Headers) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    if not _JSON.fullmatch(media_type):
        raise UnsupportedMediaType(
            f"the content type must be application/json, not {media_type or 'missing'!r}"
        )
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"content encoding {encoding!r} is not supported")
