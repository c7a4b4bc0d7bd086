"""Takes away from a competitor's event what only Janus may say, and marks its usage as a claim.

Applied to everything that a competitor sends, before and after the first word of its answer.
"""

from janus_mesh.competitor_claims import strip_claims
from janus_proto._gen.janus.chat.v1 import event_pb2

from .usage.audit import mark_interim


def own_words(event: event_pb2.ChatEvent) -> bool:
    """Cleans the event in place. Returns False when nothing of it is left to send."""
    stripped = strip_claims(event)
    payload = event.WhichOneof("payload")
    if payload == "usage":
        mark_interim(event.usage)
    return not (stripped and payload is None and not _extras(event))


def _extras(event: event_pb2.ChatEvent) -> bool:
    extras = event.extras
    return bool(extras.chunk_json or extras.choice_json or extras.delta_json)
