"""Chat events to one whole `chat.completion`, for clients that asked for no stream."""

from dataclasses import dataclass, field

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_bounds import (
    MAX_ARTIFACTS,
    MAX_FINISH_REASON_CHARS,
    parsed_bytes,
    require_choice,
    require_tool_call,
)
from .answer_json import (
    ArtifactUrl,
    Identity,
    JsonObject,
    artifact_object,
    choice_extras,
    chunk_extras,
    delta_extras,
    encoded,
    require_complete,
    tool_call_extras,
    usage_object,
)
from .chunk_fields import SaidOnce
from .content_links import ContentLinks
from .merging import merge_deltas, merge_fields

# Encoding more than this takes longer than other streams should have to wait.
_ENCODE_INLINE_BYTES = 1024 * 1024
# A descriptor with its signed address, held until the answer is complete.
_BYTES_PER_ARTIFACT = 4096


class CompletionBuilder:
    """Collects one answer. Raises `CompetitorFailed` for events that make no completion.

    Args:
        identity: what the completion says about itself.
        artifact_url: gives the address under which clients reach an artifact.
        max_bytes: bounds the memory of what is collected.
    """

    def __init__(self, identity: Identity, *, artifact_url: ArtifactUrl, max_bytes: int) -> None:
        self._identity = identity
        self._model = identity.model
        self._artifact_url = artifact_url
        self._max_bytes = max_bytes
        self._held = 0
        self._choices: dict[int, _Choice] = {}
        self._usage: event_pb2.Usage | None = None
        self._audited = False  # the usage came with the finish, so the router has checked it
        self._extras: list[JsonObject] = []
        self._said = SaidOnce()
        self._links = ContentLinks()
        self._artifacts = 0
        self._ended = False

    def add(self, event: event_pb2.ChatEvent) -> None:
        """Takes in the next event; `finish` included, after which nothing more counts."""
        if self._ended:
            return
        self._hold(event.ByteSize())
        require_choice(event.choice)
        if event.HasField("extras"):
            self._add_extras(event)
        self._add_payload(event, event.WhichOneof("payload"))

    def _add_payload(self, event: event_pb2.ChatEvent, kind: str | None) -> None:
        match kind:
            case "start":
                self._model = event.start.model or self._model
            case "usage":
                self._usage = event.usage
            case "finish":
                self._ended = True
                if event.finish.HasField("usage"):
                    self._usage, self._audited = event.finish.usage, True
            case "artifact":
                self._add_artifact(event)
            case "error":
                raise CompetitorFailed("an error stands among the events of an answer")
            case "janus" | None:
                pass
            case "tool_call":
                require_tool_call(event.tool_call)
                self._hold(parsed_bytes(event.tool_call.extra_json))
                self._choice(event.choice).add(event, kind)
            case _:
                self._choice(event.choice).add(event, kind)

    def encoded(self) -> bytes:
        """The completion as JSON, once the last event has been added."""
        try:
            return encoded(self._result())
        except RecursionError:
            raise CompetitorFailed("the competitor's answer is nested too deeply") from None

    @property
    def is_large(self) -> bool:
        """Whether encoding it takes longer than other streams should have to wait."""
        return self._held > _ENCODE_INLINE_BYTES

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
            completion["usage"] = usage_object(self._usage, audited=self._audited)
        return completion | merge_fields(self._extras)

    def _choice(self, index: int) -> "_Choice":
        return self._choices.setdefault(index, _Choice(index))

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self._max_bytes:
            raise CompetitorFailed("the answer is larger than the gateway passes on unstreamed")

    def _add_artifact(self, event: event_pb2.ChatEvent) -> None:
        self._artifacts += 1
        if self._artifacts > MAX_ARTIFACTS:
            raise CompetitorFailed(f"the answer brings more than {MAX_ARTIFACTS} artifacts")
        self._hold(_BYTES_PER_ARTIFACT + parsed_bytes(event.artifact.extra_json))
        url = self._artifact_url(event.artifact)
        if url != event.artifact.url:
            self._links.announce(event.artifact.url, url)
        self._choice(event.choice).artifacts.append(artifact_object(event.artifact, url))

    def _add_extras(self, event: event_pb2.ChatEvent) -> None:
        extras = event.extras
        self._hold(sum(map(parsed_bytes, (extras.chunk_json, extras.choice_json, extras.delta_json))))
        if extras.chunk_json and (news := self._said.news(chunk_extras(event), len(extras.chunk_json))):
            self._extras.append(news)
        if fields := choice_extras(event):
            self._choice(event.choice).extras.append(fields)
        if fields := delta_extras(event):
            self._choice(event.choice).delta_extras.append(fields)


@dataclass(slots=True)
class _Choice:
    """One of the `n` answers. Texts are byte arrays, because lists of tokens take much more memory."""

    index: int
    content: bytearray = field(default_factory=bytearray)
    reasoning: bytearray = field(default_factory=bytearray)
    refusal: bytearray = field(default_factory=bytearray)
    tool_calls: dict[int, "_ToolCall"] = field(default_factory=dict)
    artifacts: list[JsonObject] = field(default_factory=list)
    extras: list[JsonObject] = field(default_factory=list)
    delta_extras: list[JsonObject] = field(default_factory=list)
    finish_reason: str | None = None

    def add(self, event: event_pb2.ChatEvent, kind: str) -> None:
        match kind:
            case "content":
                self.content += event.content.encode()
            case "reasoning":
                self.reasoning += event.reasoning.encode()
            case "refusal":
                self.refusal += event.refusal.encode()
            case "tool_call":
                self.tool_calls.setdefault(event.tool_call.index, _ToolCall()).add(event.tool_call)
            case "choice_finish":
                self.finish_reason = event.choice_finish.reason[:MAX_FINISH_REASON_CHARS] or "stop"

    def result(self, links: ContentLinks) -> JsonObject:
        choice: JsonObject = {"index": self.index, "message": self._message(links), "logprobs": None}
        return choice | merge_fields(self.extras) | {"finish_reason": self.finish_reason}

    def _message(self, links: ContentLinks) -> JsonObject:
        extras = merge_deltas(self.delta_extras)
        # Null says that there is no text at all; a plain answer may still be the empty text.
        has_text = self.content or not (self.tool_calls or self.refusal or extras.get("function_call"))
        message: JsonObject = {
            "role": "assistant",
            "content": links.whole(self.content.decode()) if has_text else None,
            "refusal": self.refusal.decode() if self.refusal else None,
        }
        if self.reasoning:
            message["reasoning_content"] = self.reasoning.decode()
        if self.tool_calls:
            message["tool_calls"] = [self.tool_calls[index].result() for index in sorted(self.tool_calls)]
        if self.artifacts:
            message["artifacts"] = self.artifacts
        return extras | message


@dataclass(slots=True)
class _ToolCall:
    """One call, whose parts share an index."""

    id: str = ""
    type: str = ""
    name: str = ""
    arguments: bytearray = field(default_factory=bytearray)
    extras: list[JsonObject] = field(default_factory=list)

    def add(self, delta: event_pb2.ToolCallDelta) -> None:
        self.id = self.id or delta.id
        self.type = self.type or delta.type
        self.name = self.name or delta.name
        self.arguments += delta.arguments.encode()
        if fields := tool_call_extras(delta):
            self.extras.append(fields)

    def result(self) -> JsonObject:
        extras = merge_deltas(self.extras)
        call: JsonObject = {"id": self.id, "type": self.type or "function"}
        if call["type"] == "function":
            function = extras.get("function")
            known = {"name": self.name, "arguments": self.arguments.decode()}
            call["function"] = function | known if isinstance(function, dict) else known
        return extras | call
