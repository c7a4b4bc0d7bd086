"""The events of a link as they are on the wire, checked against their kind when they are read."""

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

VERSION: Final = 1

# What a peer may send ahead of the reader, per exchange, and what an event costs beside its bytes.
WINDOW_BYTES: Final = 16 * 1024
EVENT_BYTES: Final = 16

CONTENT: Final = link_pb2.EVENT_KIND_CONTENT
FINISH: Final = link_pb2.EVENT_KIND_FINISH
ERROR: Final = link_pb2.EVENT_KIND_ERROR
OTHER: Final = link_pb2.EVENT_KIND_UNSPECIFIED

# An event as it came: its kind and its bytes.
Arrived = tuple[int, bytes]
# A `str` is a content delta of choice 0 and nothing more.
Said = event_pb2.ChatEvent | str

_KIND_OF_PAYLOAD: dict[str | None, int] = {"finish": FINISH, "error": ERROR}


class LinkBroken(Exception):
    """The peer broke a rule that concerns the link as a whole, so that the link must end."""


def kind_of(event: event_pb2.ChatEvent) -> int:
    """The kind under which an event is sent when it is serialised."""
    return _KIND_OF_PAYLOAD.get(event.WhichOneof("payload"), OTHER)


def as_event(kind: int, data: bytes) -> event_pb2.ChatEvent:
    """Reads an event that arrived.

    Raises `CompetitorFailed` when it cannot be parsed, when its kind is unknown, or when its kind is not
    that of its payload: an ending under another kind would pass whoever forwards without decoding.
    """
    try:
        if kind == CONTENT:
            return event_pb2.ChatEvent(content=data.decode())
        event = event_pb2.ChatEvent.FromString(data)
    except (UnicodeDecodeError, DecodeError):
        raise CompetitorFailed("the peer sent an event that cannot be read") from None
    if kind_of(event) != kind:
        raise CompetitorFailed(f"the peer sent {event.WhichOneof('payload')} as an event of kind {kind}")
    return event


def as_said(kind: int, data: bytes) -> Said:
    """Reads an event as `as_event` does, but returns bare content as a `str`."""
    if kind != CONTENT:
        return as_event(kind, data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise CompetitorFailed("the peer sent content that is not UTF-8") from None


def check_content(data: bytes) -> None:
    """Raises `CompetitorFailed` unless `data` is UTF-8; for content that is passed on as bytes.

    Asking `isascii` first costs a third of this, and is enough for most.
    """
    as_said(CONTENT, data)


def size_of(arrived: Sequence[Arrived]) -> int:
    """What events cost in credit, bytes."""
    return sum(len(data) for _, data in arrived) + EVENT_BYTES * len(arrived)
