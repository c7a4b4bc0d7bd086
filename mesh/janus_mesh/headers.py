"""What travels beside a request: its id, its trace, a token to act for it, a key of who asks."""

import re
import uuid
from collections.abc import Mapping

import structlog

from . import traces

REQUEST_ID = "x-request-id"
# See `request_token`.
TOKEN = "x-janus-token"  # noqa: S105  # a name
# Opaque key of who asks, such as a keyed hash of the API key or of the client's address; never these
# themselves. The edge sets it, the router counts failures by it, no competitor sees it.
CALLER = "x-janus-caller"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_CALLER_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_request_id() -> str:
    """An id for a request that came without one."""
    return f"req_{uuid.uuid4().hex}"


def request_id(headers: Mapping[str, str]) -> str:
    """The caller's own request id when it is well-formed, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _REQUEST_ID.fullmatch(given) else new_request_id()


def caller_key(headers: Mapping[str, str]) -> str:
    """The caller's key among a call's headers; '' when it is absent or malformed (the anonymous caller)."""
    key = headers.get(CALLER, "")
    return key if _CALLER_KEY.fullmatch(key) else ""


def outgoing_headers(token: str = "", caller: str = "") -> dict[str, str]:
    """Headers of a call: the current request id, the trace context, and the token and caller key if any."""
    headers = {REQUEST_ID: structlog.contextvars.get_contextvars().get("request_id") or new_request_id()}
    if token:
        headers[TOKEN] = token
    if caller:
        headers[CALLER] = caller
    traces.inject(headers)
    return headers
