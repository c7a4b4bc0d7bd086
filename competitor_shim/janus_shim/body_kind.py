"""Tells what a successful answer's body is by its first bytes, because servers label it in many ways.

A stream of events comes as `application/json`, as `text/plain`, as `application/json, text/event-stream`, or
without a content type; a whole completion comes as `text/event-stream`.
"""

import re
from enum import Enum

from janus_mesh.errors import CompetitorFailed

from .redaction import presentable

EVENT_STREAM = "text/event-stream"
JSON = "application/json"

_JSON_LINES = frozenset(
    (
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json-lines",
    )
)
_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb":|(?:data|event|id|retry)[ \t]*(?:[:\r\n])")
_LONGEST_FIELD = len(b"retry  :")
_FIELD_BEGUN = re.compile(rb"[a-z]{0,5}[ \t]*")
# Blank lines before the first event. More is not an answer.
_MAX_BLANK = 4 * 1024


class BodyKind(Enum):
    """How a body is read."""

    EVENTS = "server-sent events"
    LINES = "a JSON object per line"
    WHOLE = "one JSON value"


def body_kind(begun: bytes, content_type: str) -> BodyKind | None:
    """What a body is that begins with these bytes; None when more of it must be seen.

    Raises `CompetitorFailed` for a body that is neither events nor JSON.
    """
    media_types = [part.partition(";")[0].strip().lower() for part in content_type.split(",")]
    head = begun.removeprefix(_BOM).lstrip()
    if head.startswith((b"{", b"[")):
        return BodyKind.LINES if _JSON_LINES.intersection(media_types) else BodyKind.WHOLE
    if _FIELD.match(head):
        return BodyKind.EVENTS
    if _FIELD_BEGUN.fullmatch(head) and len(head) < _LONGEST_FIELD and len(begun) < _MAX_BLANK:
        return None
    if EVENT_STREAM in media_types:  # lines of unknown names are ignored
        return BodyKind.EVENTS
    named = presentable(media_types[0], 100) or "a body without a content type"
    raise CompetitorFailed(f"the competitor answered with {named}, not {EVENT_STREAM} or {JSON}")
