"""The router's own event: which competitor it chose."""

from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_json import json_object
from .record import RequestRecord


def is_route(event: event_pb2.ChatEvent) -> bool:
    return event.WhichOneof("payload") == "janus" and event.janus.event == "route"


def note_route(event: event_pb2.ChatEvent, record: RequestRecord) -> None:
    """Notes the competitor for the response's headers and the log; the last attempt counts."""
    competitor_id = json_object(event.janus.payload_json, "route event").get("competitor_id")
    if isinstance(competitor_id, str):
        record.competitor_id = competitor_id
