"""Cuts the text of an event that is too long for one message into several events."""

from collections.abc import Iterator
from typing import Final

from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_limits import MAX_EVENT_BYTES
from .errors import CompetitorFailed
from .link.events import Said

# Characters of one piece: at most four bytes each, so a piece is below half of the largest event.
PIECE_BYTES: Final = 512 * 1024
_TEXTS = ("content", "reasoning", "refusal")


def pieces(event: Said) -> Iterator[Said]:
    """The same as several events: deltas of text are appended by whoever reads them.

    An event that is small enough is yielded as it is. Raises `CompetitorFailed` for one that is larger than
    `MAX_EVENT_BYTES` in anything but its text.
    """
    if isinstance(event, str):
        yield from _cut(event)
        return
    payload = event.WhichOneof("payload")
    if event.ByteSize() <= MAX_EVENT_BYTES and payload not in _TEXTS:
        yield event
    elif payload in _TEXTS:
        yield from _text_pieces(event, payload)
    elif payload == "tool_call":
        yield from _argument_pieces(event)
    else:
        raise _too_large(event)


def _text_pieces(event: event_pb2.ChatEvent, payload: str) -> Iterator[event_pb2.ChatEvent]:
    text: str = getattr(event, payload)
    first, *rest = _cut(text)
    setattr(event, payload, first)
    yield _checked(event)
    for piece in rest:
        following = event_pb2.ChatEvent(choice=event.choice)
        setattr(following, payload, piece)
        yield following


def _argument_pieces(event: event_pb2.ChatEvent) -> Iterator[event_pb2.ChatEvent]:
    first, *rest = _cut(event.tool_call.arguments)
    event.tool_call.arguments = first
    yield _checked(event)
    for piece in rest:
        call = event_pb2.ToolCallDelta(index=event.tool_call.index, arguments=piece)
        yield event_pb2.ChatEvent(choice=event.choice, tool_call=call)


def _cut(text: str) -> list[str]:
    return [text[start : start + PIECE_BYTES] for start in range(0, len(text), PIECE_BYTES)] or [""]


def _checked(event: event_pb2.ChatEvent) -> event_pb2.ChatEvent:
    if event.ByteSize() > MAX_EVENT_BYTES:
        raise _too_large(event)
    return event


def _too_large(event: event_pb2.ChatEvent) -> CompetitorFailed:
    what = event.WhichOneof("payload") or "extras"
    return CompetitorFailed(f"an event ({what}) of {event.ByteSize()} bytes is above {MAX_EVENT_BYTES}")
