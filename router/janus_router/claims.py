"""Takes away from a competitor's events what only Janus may say, and notes how much they say.

Applied to everything that a competitor sends, before and after the first word of its answer.
"""

from janus_mesh.competitor_claims import strip_claims
from janus_proto._gen.janus.chat.v1 import event_pb2

from .usage.audit import mark_interim


class Heard:
    """One answer's events as they pass."""

    def __init__(self) -> None:
        self.text_bytes = 0  # of the answer: content, reasoning, refusals and arguments of tool calls
        self._usage: event_pb2.Usage | None = None  # the latest that it claimed before its end

    def event(self, event: event_pb2.ChatEvent) -> bool:
        """Cleans any event but the ending, in place. Returns False when nothing of it is left to send."""
        payload = event.WhichOneof("payload")
        if payload == "reasoning" and not event.HasField("extras"):  # as many as there are tokens
            self.text_bytes += len(event.reasoning.encode())
            return True
        stripped = strip_claims(event)
        match payload:
            case "content" | "reasoning" | "refusal":
                self.text_bytes += len(getattr(event, payload).encode())
            case "tool_call":
                self.text_bytes += len(event.tool_call.arguments.encode())
            case "usage":
                mark_interim(event.usage)
                self._usage = event.usage
        empty = event.WhichOneof("payload") is None  # now, without what was stripped
        return not (stripped and empty) or _has_extras(event)

    def finish(self, event: event_pb2.ChatEvent) -> None:
        """Cleans the `finish` in place. One without usage gets the latest that was claimed before it."""
        strip_claims(event)
        if not event.finish.HasField("usage") and self._usage is not None:
            event.finish.usage.CopyFrom(self._usage)
            strip_claims(event)


def _has_extras(event: event_pb2.ChatEvent) -> bool:
    extras = event.extras
    return bool(extras.chunk_json or extras.choice_json or extras.delta_json)
