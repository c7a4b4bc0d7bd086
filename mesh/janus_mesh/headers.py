"""What travels beside a request: its id, and the trace it belongs to."""

import uuid

import structlog

from . import traces

REQUEST_ID = "x-request-id"


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"req_{uuid.uuid4().hex}"


def outgoing_headers() -> dict[str, str]:
    """What a call carries beside its request: the current request id and trace context."""
    headers = {REQUEST_ID: structlog.contextvars.get_contextvars().get("request_id") or new_request_id()}
    traces.inject(headers)
    return headers
