"""Makes the `Exchange` of a request that arrived, the same way for links and for calls."""

from collections.abc import Mapping
from typing import Final

from janus_proto._gen.janus.chat.v1 import request_pb2

from .errors import InvalidRequest
from .exchange import Exchange, ServerTransport
from .headers import TOKEN, caller_key, request_id

MAX_HEADERS: Final = 64
MAX_HEADER_BYTES: Final = 16 * 1024
# gRPC reports "no deadline" as None or as centuries, by version.
_LONGEST_SECONDS = 10_000_000.0


def incoming_exchange(
    request: request_pb2.ChatRequest,
    transport: ServerTransport,
    headers: Mapping[str, str],
    time_remaining: float | None,
) -> Exchange:
    """The exchange that answers `request`.

    Args:
        request: what is asked.
        transport: how to answer.
        headers: what came beside it, by lower-case name. A malformed request id is replaced.
        time_remaining: seconds that the caller waits; None or 0 set no bound.

    Raises:
        InvalidRequest: there are more headers, or more bytes of them, than allowed.
    """
    size = sum(len(name) + len(value) for name, value in headers.items())
    if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise InvalidRequest(
            f"at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes in all are allowed", param="headers"
        )
    bounded = time_remaining if time_remaining and time_remaining <= _LONGEST_SECONDS else None
    return Exchange(
        request,
        transport,
        request_id=request_id(headers),
        time_remaining=bounded,
        token=headers.get(TOKEN, ""),
        caller=caller_key(headers),
    )
