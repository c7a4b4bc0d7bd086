"""Tells server-sent events from other bodies by their first bytes, because servers label them in many ways.

A stream of events comes as `application/json`, as `text/plain`, as `application/json, text/event-stream`, or
without a content type; a whole JSON object comes as `text/event-stream`.
"""

import re

EVENT_STREAM = "text/event-stream"

_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb":|(?:data|event|id|retry)[ \t]*[:\r\n]")
_FIELD_BEGUN = re.compile(rb"[a-z]{0,5}[ \t]*")
# Enough of a body to tell, blank lines included.
MOST_SNIFFED_BYTES = 4096


def begins_event_stream(begun: bytes) -> bool | None:
    """Whether a body that begins so holds server-sent events; None when more of it must be seen."""
    head = begun.removeprefix(_BOM).lstrip()
    if _FIELD.match(head):
        return True
    undecided = _FIELD_BEGUN.fullmatch(head) is not None
    return None if undecided and len(begun) < MOST_SNIFFED_BYTES else False


def is_event_stream(content_type: str) -> bool:
    """Whether a `content-type` names server-sent events, and nothing else beside them."""
    return content_type.partition(";")[0].strip().lower() == EVENT_STREAM
