"""Chat events to one whole `chat.completion`, for clients that asked for no stream."""

from dataclasses import dataclass, field

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_json import (
    ArtifactUrl,
    Identity,
    JsonObject,
    artifact_object,
    choice_extras,
    chunk_extras,
    delta_extras,
    encoded,
    json_object,
    require_complete,
    role_name,
    usage_object,
)
from .content_links import ContentLinks
from .merging import merge_deltas, merge_fields


class CompletionBuilder:
    """Collects one answer. Raises `CompetitorFailed` for events that make no completion."""

    def __init__(self, identity: Identity, *, artifact_url: ArtifactUrl, max_bytes: int) -> None:
        self._identity = identity
        self._model = identity.model
        self._artifact_url = artifact_url
        self._room = max_bytes
        self._choices: dict[int, _Choice] = {}
        self._usage: event_pb2.Usage | None = None
        self._extras: list[JsonObject] = []
        self._links = ContentLinks()

    def add(self, event: event_pb2.ChatEvent) -> None:
        """Takes in the next event; `finish` included."""
        self._room -= event.ByteSize()
        if self._room < 0:
            raise CompetitorFailed("the answer is larger than the gateway passes on unstreamed")
        kind = event.WhichOneof("payload")
        if event.HasField("extras"):
            self._add_extras(event)
        match kind:
            case "start":
                self._model = event.start.model or self._model
            case "usage":
                self._usage = event.usage
            case "finish":
                if event.finish.HasField("usage"):
                    self._usage = event.finish.usage
            case "artifact":
                url = self._artifact_url(event.artifact)
                if url != event.artifact.url:
                    self._links.announce(event.artifact.url, url)
                self._choice(event.choice).artifacts.append(artifact_object(event.artifact, url))
            case "janus" | None:
                pass
            case _:
                self._choice(event.choice).add(event, kind)

    def encoded(self) -> bytes:
        """The completion as JSON, once the last event has been added."""
        try:
            return encoded(self._result())
        except RecursionError:
            raise CompetitorFailed("the competitor's answer is nested too deeply") from None

    def _result(self) -> JsonObject:
        choices = [self._choices[index] for index in sorted(self._choices)]
        unfinished = [index for index, choice in self._choices.items() if choice.finish_reason is None]
        require_complete(unfinished, len(choices))
        completion: JsonObject = {
            "id": self._identity.id,
            "object": "chat.completion",
            "created": self._identity.created,
            "model": self._model,
            "choices": [choice.result(self._links) for choice in choices],
        }
        if self._usage is not None:
            completion["usage"] = usage_object(self._usage)
        return completion | merge_fields(self._extras)

    def _choice(self, index: int) -> "_Choice":
        return self._choices.setdefault(index, _Choice(index))

    def _add_extras(self, event: event_pb2.ChatEvent) -> None:
        self._extras.append(chunk_extras(event))
        if event.extras.choice_json:
            self._choice(event.choice).extras.append(choice_extras(event))
        if event.extras.delta_json:
            self._choice(event.choice).delta_extras.append(delta_extras(event))


@dataclass(slots=True)
class _Choice:
    """One of the `n` answers."""

    index: int
    role: str = "assistant"
    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    tool_calls: dict[int, "_ToolCall"] = field(default_factory=dict)
    artifacts: list[JsonObject] = field(default_factory=list)
    extras: list[JsonObject] = field(default_factory=list)
    delta_extras: list[JsonObject] = field(default_factory=list)
    finish_reason: str | None = None

    def add(self, event: event_pb2.ChatEvent, kind: str) -> None:
        match kind:
            case "role":
                self.role = role_name(event.role)
            case "content":
                self.content.append(event.content)
            case "reasoning":
                self.reasoning.append(event.reasoning)
            case "refusal":
                self.refusal.append(event.refusal)
            case "tool_call":
                self.tool_calls.setdefault(event.tool_call.index, _ToolCall()).add(event.tool_call)
        # More of an answer that had finished leaves it unfinished.
        self.finish_reason = event.choice_finish.reason if kind == "choice_finish" else None

    def result(self, links: ContentLinks) -> JsonObject:
        choice: JsonObject = {"index": self.index, "message": self._message(links), "logprobs": None}
        return choice | merge_fields(self.extras) | {"finish_reason": self.finish_reason}

    def _calls_function(self) -> bool:
        """Whether it holds a `function_call`, the older form of a tool call, an unknown field here."""
        return any(part.get("function_call") for part in self.delta_extras)

    def _message(self, links: ContentLinks) -> JsonObject:
        # Null says that there is no text at all; a plain answer may still be the empty text.
        has_text = self.content or not (self.tool_calls or self.refusal or self._calls_function())
        message: JsonObject = {
            "role": self.role,
            "content": links.whole("".join(self.content)) if has_text else None,
            "refusal": "".join(self.refusal) if self.refusal else None,
        }
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        if self.tool_calls:
            message["tool_calls"] = [self.tool_calls[index].result() for index in sorted(self.tool_calls)]
        if self.artifacts:
            message["artifacts"] = self.artifacts
        return merge_deltas(self.delta_extras) | message


@dataclass(slots=True)
class _ToolCall:
    """One call, whose parts share an index."""

    id: str = ""
    type: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extras: list[JsonObject] = field(default_factory=list)

    def add(self, delta: event_pb2.ToolCallDelta) -> None:
        self.id = self.id or delta.id
        self.type = self.type or delta.type
        self.name = self.name or delta.name
        self.arguments.append(delta.arguments)
        if delta.extra_json:
            self.extras.append(json_object(delta.extra_json, "tool call"))

    def result(self) -> JsonObject:
        extras = merge_deltas(self.extras)
        call: JsonObject = {"id": self.id, "type": self.type or "function"}
        if call["type"] == "function":
            function = extras.get("function")
            known = {"name": self.name, "arguments": "".join(self.arguments)}
            call["function"] = function | known if isinstance(function, dict) else known
        return extras | call
