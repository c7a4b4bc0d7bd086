"""What travels beside a request: its id, the trace it belongs to, the token to act for it."""

import uuid

import structlog

from . import traces

REQUEST_ID = "x-request-id"
# See `request_token`.
TOKEN = "x-janus-token"  # noqa: S105  # a name


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"req_{uuid.uuid4().hex}"


def outgoing_headers(token: str = "") -> dict[str, str]:
    """What a call carries beside its request: the current request id, trace context, and a token if any."""
    headers = {REQUEST_ID: structlog.contextvars.get_contextvars().get("request_id") or new_request_id()}
    if token:
        headers[TOKEN] = token
    traces.inject(headers)
    return headers
