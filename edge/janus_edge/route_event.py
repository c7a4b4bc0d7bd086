"""The router's own events: which competitor it chose.

Only the router may say `route`, and it does so before the competitor's first event. A later event of that
name is a competitor's, and the writers of answers drop it.
"""

from typing import Final

from janus_mesh.competitor_claims import ROUTE
from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_json import json_object
from .record import RequestRecord

# The router tries few competitors for one request; more events than this are not worth holding.
_MAX_ROUTES: Final = 16


class RouteEvents:
    """Separates the router's events from the competitor's, and notes whom the router chose."""

    def __init__(self, record: RequestRecord) -> None:
        self._record = record
        self._held: list[event_pb2.ChatEvent] = []
        self._answering = False

    def before(self, events: list[event_pb2.ChatEvent]) -> list[event_pb2.ChatEvent]:
        """Holds the router's events at the beginning; returns the competitor's, from its first on.

        Raises `CompetitorFailed` for a `route` event that is not well-formed.
        """
        if self._answering:
            return events
        for position, event in enumerate(events):
            if not _is_route(event):
                self._answering = True
                return events[position:]
            self._note(event)
            if len(self._held) < _MAX_ROUTES:
                self._held.append(event)
        return []

    def take(self) -> list[event_pb2.ChatEvent]:
        """The held events, each once."""
        held, self._held = self._held, []
        return held

    def _note(self, event: event_pb2.ChatEvent) -> None:
        """Notes the competitor for the response's headers and the log; the last attempt counts."""
        competitor_id = json_object(event.janus.payload_json, "route event").get("competitor_id")
        if isinstance(competitor_id, str):
            self._record.competitor_id = competitor_id


def _is_route(event: event_pb2.ChatEvent) -> bool:
    return event.WhichOneof("payload") == "janus" and event.janus.event == ROUTE
