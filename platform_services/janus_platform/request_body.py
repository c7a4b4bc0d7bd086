"""Reading a request's body within a bound."""

from starlette.requests import Request

from janus_mesh.errors import PayloadTooLarge


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; raises `PayloadTooLarge` as soon as it is longer than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"the request body is larger than {limit} bytes")
