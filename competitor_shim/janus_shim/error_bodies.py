"""What a competitor says went wrong, as typed errors: HTTP error answers, and error objects in a stream."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from janus_mesh.errors import CompetitorFailed, CompetitorRejected, JanusError, Unavailable

_LONGEST_MESSAGE = 2_000
_LONGEST_WAIT = 86_400.0


class Complaint(NamedTuple):
    """An error object's fields, each empty when not said."""

    message: str = ""
    param: str = ""
    code: str = ""


def reported_error(value: object) -> CompetitorFailed:
    """The error for an `error` object (or plain text) that came instead of a chunk."""
    complaint = _complaint(value)
    return CompetitorFailed(
        complaint.message or "the competitor reported an error without a message",
        param=complaint.param,
        code=complaint.code,
    )


def http_error(status: int, headers: Mapping[str, str], body: bytes) -> JanusError:
    """The error for an HTTP answer of another status than success; `body` may be cut short.

    4xx is the competitor's verdict on the request and reaches the caller as it is. 503 with
    `Retry-After` is a competitor that has no room now. All else is a competitor that failed.
    """
    complaint = _complaint(_body(body))
    retry_after = _seconds(headers.get("retry-after", ""))
    if 400 <= status < 500:
        kind: type[JanusError] = CompetitorRejected
    elif status == 503 and retry_after:
        kind = Unavailable
    else:
        kind = CompetitorFailed
    return kind(
        complaint.message or f"the competitor answered with status {status}",
        param=complaint.param,
        code=complaint.code,
        competitor_status=status,
        retry_after=retry_after,
    )


def _body(body: bytes) -> Any:
    """The error inside an error body: OpenAI's `error`, or FastAPI's `detail`, else the object itself."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None  # HTML and the like: made for eyes, and perhaps not for the caller's
    if not isinstance(value, dict):
        return None
    detail = value.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        detail = detail[0] | {"message": detail[0].get("msg")}
    return value.get("error") or detail or value


def _complaint(value: object) -> Complaint:
    if isinstance(value, str):
        return Complaint(value[:_LONGEST_MESSAGE])
    if isinstance(value, dict):
        return Complaint(_word(value.get("message")), _word(value.get("param")), _word(value.get("code")))
    return Complaint()


def _word(value: object) -> str:
    """Text, or a number as text: some write `code` as a number."""
    return str(value)[:_LONGEST_MESSAGE] if type(value) in (str, int) else ""


def _seconds(text: str) -> float:
    """A `Retry-After` header, seconds or a date, as seconds from now; 0 when it says nothing of use."""
    if text.isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return 0.0
    return min(max(wait, 0.0), _LONGEST_WAIT)
