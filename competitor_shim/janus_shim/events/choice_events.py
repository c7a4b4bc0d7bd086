"""One choice of an answer: its `delta`, or whole `message`, turned into events."""

from typing import Final

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2

from . import payloads
from .content_parts import Kind, spoken
from .json_fields import Object, as_object, reject, rest, take_list, take_object
from .plain_text import REASONING
from .surrogates import TextJoiner, well_formed
from .tool_calls import ToolCalls

ChatEvent = pb.ChatEvent

MAX_ARTIFACTS: Final = 128  # per choice; each becomes a signed link

# Roles that pass as they are. Any other word ("model", "bot") is the assistant's.
_ROLES = {
    "system": request_pb2.ROLE_SYSTEM,
    "developer": request_pb2.ROLE_DEVELOPER,
    "user": request_pb2.ROLE_USER,
    "tool": request_pb2.ROLE_TOOL,
}
_TEXTS: tuple[Kind, ...] = ("content", "refusal")
_MAX_REASON = 256


class ChoiceEvents:
    """The choice of one index. Keeps what spans its chunks, and none of its text.

    `finish_reason` is held back until `ending`, because some servers send more of the answer after it.
    """

    __slots__ = ("_artifacts", "_finish", "_index", "_joiner", "_spoke", "_tools", "role")

    def __init__(self, index: int) -> None:
        self.role: request_pb2.Role.ValueType | None = None
        self._index = index
        self._joiner = TextJoiner()
        self._tools = ToolCalls(self._joiner)
        self._artifacts = 0
        self._spoke = False
        self._finish: ChatEvent | None = None

    @property
    def finished(self) -> bool:
        """Whether its `finish_reason` came."""
        return self._finish is not None

    def plain(self, name: str, text: str) -> ChatEvent | None:
        """The event of a chunk that says nothing but this text; None while half a character waits."""
        if self._joiner.holds:
            return None
        self._spoke = True
        if name == "content":
            return ChatEvent(choice=self._index, content=text)
        return ChatEvent(choice=self._index, reasoning=text)

    def read(self, choice: Object, where: str, *, whole: bool) -> list[ChatEvent]:
        """The events of this choice in one chunk, or in a whole completion."""
        body, inside, is_message = self._body(choice, where, whole=whole)
        events = self._said(body, inside, is_message=is_message)
        if choice.get("logprobs", "") is None:
            del choice["logprobs"]
        reason = choice.pop("finish_reason", None)
        carrier = None
        if reason and self._finish is None:
            carrier = self._finish = ChatEvent(choice=self._index)
            word = reason[:_MAX_REASON] if isinstance(reason, str) else "stop"
            self._finish.choice_finish.reason = well_formed(word)
        if choice or body:
            if events or carrier is None:
                events = events or [ChatEvent()]
                carrier = events[0]
            carrier.extras.choice_json = rest(choice)
            carrier.extras.delta_json = rest(body)
        for event in events:
            event.choice = self._index
        return events

    def ending(self, *, done: bool) -> list[ChatEvent]:
        """The last events of the choice.

        Args:
            done: the competitor said that the answer is complete, so a missing `finish_reason` is a
                `stop`. Otherwise it raises `CompetitorFailed`, because the answer may be cut short.
        """
        if self._finish is None:
            if not (done and self._spoke):
                raise CompetitorFailed(
                    f"the competitor's answer ended in the middle: choice {self._index} has no finish_reason"
                )
            reason = "tool_calls" if self._tools else "stop"
            self._finish = ChatEvent(choice=self._index, choice_finish=pb.ChoiceFinish(reason=reason))
        return [*(self._text(key, text) for key, text in self._joiner.rest()), self._finish]

    def _body(self, choice: Object, where: str, *, whole: bool) -> tuple[Object, str, bool]:
        """The `delta`, else the `message`, and which it is.

        In a chunk with both, `message` repeats what the deltas say; it counts when they said nothing.
        """
        delta = take_object(choice, "delta", where)
        message = choice.pop("message", None)
        if isinstance(message, dict) and not self._spoke and (delta is None or _is_silent(delta)):
            return message, f"{where}.message", True
        if delta is None and isinstance(choice.get("text"), str):  # as the older completions API has it
            delta = {"content": choice.pop("text")}
        if delta is None and whole:
            reject(f"{where}.message", "an object", message)
        return delta or {}, f"{where}.delta", False

    def _said(self, body: Object, where: str, *, is_message: bool) -> list[ChatEvent]:
        """What a delta or a message says, taken out of it."""
        calls = self._calls(body, where, is_message=is_message) if "tool_calls" in body else []
        return [*self._words(body, where, is_message=is_message), *calls] if body else calls

    def _words(self, body: Object, where: str, *, is_message: bool) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        # OpenAI opens with a role and an empty content; the role says it all.
        if not is_message and body.get("role") is not None and body.get("content") == "":
            del body["content"]
        role = _role(body.pop("role", None))
        if role is not None and role != self.role:
            self.role = role
            events.append(ChatEvent(role=role))
        events += self._janus(body, where)
        events += self._texts(body)
        if "function_call" in body:  # the older form of a tool call, an unknown field here
            if body["function_call"] is None:
                del body["function_call"]
            else:
                self._spoke = True
        return events

    def _janus(self, body: Object, where: str) -> list[ChatEvent]:
        """What a competitor that knows Janus says beside OpenAI's fields: a step, artifacts.

        It goes before the text, whose links the edge can only rewrite once it knows the artifacts.
        """
        if "janus" not in body and "artifacts" not in body:
            return []
        events = []
        step = take_object(body, "janus", where)
        if step is not None:
            events.append(payloads.janus(step, f"{where}.janus"))
        listed = take_list(body, "artifacts", where)
        self._artifacts += len(listed) + sum(event.HasField("artifact") for event in events)
        if self._artifacts > MAX_ARTIFACTS:
            raise CompetitorFailed(f"the competitor's answer has more than {MAX_ARTIFACTS} artifacts")
        self._spoke = self._spoke or self._artifacts > 0
        for position, item in enumerate(listed):
            here = f"{where}.artifacts[{position}]"
            events.append(ChatEvent(artifact=payloads.artifact(as_object(item, here), here)))
        return events

    def _texts(self, body: Object) -> list[ChatEvent]:
        texts = _reasoning(body)
        for name in _TEXTS:
            value = body.pop(name, None)
            if type(value) is str:
                texts.append((name, value))
            elif value is not None:
                said = spoken(value, name)
                texts += said.texts
                if said.unknown:
                    body[f"{name}_parts"] = said.unknown
        events = []
        for key, text in texts:
            whole = self._joiner.add(key, text)
            if whole or not text:
                events.append(self._text(key, whole))
            self._spoke = self._spoke or bool(text)
        return events

    def _calls(self, body: Object, where: str, *, is_message: bool) -> list[ChatEvent]:
        read = self._tools.from_message if is_message else self._tools.from_delta
        calls = [ChatEvent(tool_call=call) for call in read(body, where)]
        self._spoke = self._spoke or bool(calls)
        return calls

    def _text(self, key: str | int, text: str) -> ChatEvent:
        match key:
            case "reasoning":
                return ChatEvent(choice=self._index, reasoning=text)
            case "refusal":
                return ChatEvent(choice=self._index, refusal=text)
            case int():
                call = pb.ToolCallDelta(index=key, arguments=text)
                return ChatEvent(choice=self._index, tool_call=call)
        return ChatEvent(choice=self._index, content=text)


def _role(value: object) -> request_pb2.Role.ValueType | None:
    if value is None or value == "":
        return None
    return (
        _ROLES.get(value, request_pb2.ROLE_ASSISTANT)
        if isinstance(value, str)
        else request_pb2.ROLE_ASSISTANT
    )


def _reasoning(body: Object) -> list[tuple[str, str]]:
    """The reasoning of a delta. Names that say the same are said once; other values stay unknown fields."""
    said: list[tuple[str, str]] = []
    text = ""
    for name in REASONING:
        value = body.get(name)
        if value is None or value == "":
            body.pop(name, None)
        elif isinstance(value, str) and text in ("", value):
            text = body.pop(name)
            said = [("reasoning", text)]
        elif name == "reasoning_content":
            parts = spoken(body.pop(name), "reasoning")
            said = [("reasoning", piece) for _, piece in parts.texts]
            text = "".join(piece for _, piece in said)
            if parts.unknown:
                body["reasoning_content_parts"] = parts.unknown
    return said


def _is_silent(delta: Object) -> bool:
    """Whether it says no more than who speaks."""
    return not any(value for name, value in delta.items() if name != "role")
