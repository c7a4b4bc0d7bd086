"""What a competitor says went wrong, as typed errors: HTTP error answers, and error objects in a 200.

Which status is whose fault is decided here, in `_kind`. Messages are made presentable before they leave.
"""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from janus_mesh.errors import CompetitorBusy, CompetitorFailed, CompetitorRejected, JanusError

from .redaction import presentable

# Statuses that judge the request; the caller sees them as they are. Any other 4xx says that the container
# is not set up to answer (a wrong key, a wrong path, no credit, a proxy in front), which another may do.
_VERDICTS = frozenset((400, 409, 413, 415, 422, 451))
# 529 is Anthropic's word for an overloaded service.
_BUSY = frozenset((429, 529))
_BUSY_WORDS = frozenset(
    (
        "rate_limit_exceeded",
        "rate_limit_error",
        "too_many_requests",
        "resource_exhausted",
        "overloaded_error",
        "overloaded",
    )
)
_MAX_LABEL = 200
_MAX_WAIT = 86_400.0  # seconds
_MAX_NESTED = 4
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")


class Complaint(NamedTuple):
    """An error object's fields, each empty when not said."""

    message: str = ""
    param: str = ""
    code: str = ""
    type: str = ""


def reported_error(value: object, *, spoken: bool) -> JanusError:
    """The error for an `error` object (or plain text) that came in a 200.

    Args:
        value: the error.
        spoken: the answer has begun. Then it is a failure whatever the competitor calls it, because
            neither the caller's request nor a later attempt can still change it.
    """
    complaint = _complaint(value)
    status = int(complaint.code) if re.fullmatch(r"[45]\d\d", complaint.code) else 0
    kind: type[JanusError] = CompetitorFailed
    if not spoken:
        words = {complaint.code.lower(), complaint.type.lower()}
        kind = CompetitorBusy if words & _BUSY_WORDS else _kind(status, may_wait=False)
    return kind(
        complaint.message or "the competitor reported an error without a message",
        param=complaint.param,
        code=complaint.code,
        competitor_status=status if kind is CompetitorRejected else 0,
    )


def http_error(status: int, headers: Mapping[str, str], body: bytes) -> JanusError:
    """The error for an HTTP answer of another status than success; `body` may be cut short."""
    complaint = _complaint(_body(body))
    wait = _retry_after(headers)
    return _kind(status, may_wait=wait is not None)(
        complaint.message or f"the competitor answered with status {status}",
        param=complaint.param,
        code=complaint.code,
        competitor_status=status,
        retry_after=wait or 0.0,
    )


def _kind(status: int, *, may_wait: bool) -> type[JanusError]:
    if status in _VERDICTS:
        return CompetitorRejected
    if status in _BUSY or (status == 503 and may_wait):
        return CompetitorBusy
    return CompetitorFailed


def _body(body: bytes) -> Any:
    """The JSON value of an error body; None for HTML and the like, whose text is not for clients."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _complaint(value: object, levels: int = _MAX_NESTED) -> Complaint:
    """Reads the forms that are in use.

    OpenAI and most: `{"error": {...}}`. vLLM: `{"object": "error", "message": ...}`. FastAPI: `{"detail":
    ...}`, text, object or list. Ollama: `{"error": "text"}`. Gemini: `[{"error": {...}}]`.
    """
    if isinstance(value, str):
        return Complaint(presentable(value))
    if isinstance(value, list):
        return _complaint(value[0], levels - 1) if value and levels else Complaint()
    if not isinstance(value, dict) or not levels:
        return Complaint()
    if isinstance(value.get("error"), dict) and (inner := _complaint(value["error"], levels - 1)).message:
        return inner
    own = Complaint(
        _text(value, "message", "msg", "error_msg", "error_message"),
        _label(value.get("param")) or _location(value.get("loc")),
        _label(value.get("code")),
        _label(value.get("type")) or _label(value.get("status")),
    )
    if own.message:
        return own
    for name in ("message", "error", "errors", "detail"):
        inner = _complaint(value.get(name), levels - 1)
        if inner.message:
            return Complaint(*(said or outer for said, outer in zip(inner, own, strict=True)))
    return own


def _text(value: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that is a text."""
    for name in names:
        if isinstance(value.get(name), str) and value[name]:
            return presentable(value[name])
    return ""


def _label(value: object) -> str:
    """A short text, or a number as text: some write `code` as a number."""
    return presentable(str(value), _MAX_LABEL) if type(value) in (str, int) else ""


def _location(value: object) -> str:
    """FastAPI's `loc`, such as `["body", "messages", 0]`, without where the request held it."""
    return ".".join(_label(step) for step in value[1:8]) if isinstance(value, list) else ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now that the answer asks to wait, at most a day; None when it does not say.

    `retry-after-ms` is OpenAI's own; `retry-after` is seconds or an HTTP date.
    """
    milliseconds, said = headers.get("retry-after-ms", "").strip(), headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return min(float(milliseconds) / 1000, _MAX_WAIT)
    if _NUMBER.fullmatch(said):
        return min(float(said), _MAX_WAIT)
    try:
        wait = parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, 0.0), _MAX_WAIT) if math.isfinite(wait) else None
