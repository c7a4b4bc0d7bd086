"""One choice of an answer, chunk by chunk: its `delta` (or whole `message`) turned into events."""

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2

from . import payloads
from .json_fields import Object, reject, rest, take_object, take_text

ChatEvent = pb.ChatEvent

_ROLES = {
    "assistant": request_pb2.ROLE_ASSISTANT,
    "system": request_pb2.ROLE_SYSTEM,
    "developer": request_pb2.ROLE_DEVELOPER,
    "user": request_pb2.ROLE_USER,
    "tool": request_pb2.ROLE_TOOL,
}
_PLAIN = frozenset(("index", "delta", "finish_reason", "logprobs"))


class ChoiceEvents:
    """The choice of one index. It keeps what chunks repeat or must not: the role, and that it is finished."""

    def __init__(self, index: int) -> None:
        self.finished = False
        self._index = index
        self._role: str | None = None

    def from_chunk(self, choice: Object, where: str) -> list[ChatEvent]:
        """The events of this choice in one chunk."""
        delta = take_object(choice, "delta", where) or {}
        # OpenAI opens with a role and an empty content; the role says it all.
        if delta.get("role") is not None and delta.get("content") == "":
            del delta["content"]
        return self._events(choice, delta, where, f"{where}.delta")

    def from_completion(self, choice: Object, where: str) -> list[ChatEvent]:
        """The events of this choice in a whole completion."""
        message = take_object(choice, "message", where)
        if message is None:
            reject(f"{where}.message", "an object", None)
        return self._events(choice, message, where, f"{where}.message")

    def _events(self, choice: Object, body: Object, where: str, inside: str) -> list[ChatEvent]:
        events = self._body(body, inside)
        if self.finished:
            events = _late(events, inside)
        reason = take_text(choice, "finish_reason", where)
        if reason and not self.finished:
            self.finished = True
            events.append(ChatEvent(choice_finish=pb.ChoiceFinish(reason=reason)))
        if choice.get("logprobs", "") is None:
            del choice["logprobs"]
        if choice or body:
            events = events or [ChatEvent()]
            events[0].extras.choice_json = rest(choice)
            events[0].extras.delta_json = rest(body)
        for event in events:
            event.choice = self._index
        return events

    def _body(self, body: Object, where: str) -> list[ChatEvent]:
        """What a delta or a message says, taken out of it."""
        events: list[ChatEvent] = []
        role = take_text(body, "role", where)
        if role and role != self._role:
            if role not in _ROLES:
                reject(f"{where}.role", f"one of {', '.join(_ROLES)}", role)
            self._role = role
            events.append(ChatEvent(role=_ROLES[role]))
        step = take_object(body, "janus", where)
        if step is not None:
            events.append(payloads.janus(step, f"{where}.janus"))
        reasoning = take_text(body, "reasoning_content", where)
        if reasoning is not None:
            events.append(ChatEvent(reasoning=reasoning))
        content = take_text(body, "content", where)
        if content is not None:
            events.append(ChatEvent(content=content))
        refusal = take_text(body, "refusal", where)
        if refusal is not None:
            events.append(ChatEvent(refusal=refusal))
        events += [ChatEvent(tool_call=call) for call in payloads.tool_calls(body, where)]
        events += [ChatEvent(artifact=artifact) for artifact in payloads.artifacts(body, where)]
        return events


def _late(events: list[ChatEvent], where: str) -> list[ChatEvent]:
    """What may follow a finish_reason: figures and steps, but no more of the answer."""
    if any(
        event.content or event.reasoning or event.refusal or event.HasField("tool_call") for event in events
    ):
        raise CompetitorFailed(f"the competitor's answer goes on after its end: {where}")
    return [event for event in events if event.WhichOneof("payload") in ("janus", "artifact")]


def plain_text(choice: object) -> str | None:
    """The text of a chunk's choice that says nothing else; None when it does, or is malformed."""
    if type(choice) is not dict or not choice.keys() <= _PLAIN:
        return None
    delta = choice.get("delta")
    if type(delta) is not dict or len(delta) != 1 or type(text := delta.get("content")) is not str:
        return None
    return text if choice.get("finish_reason") is None and choice.get("logprobs") is None else None
