"""Chat events to the chunks of an OpenAI stream, as bytes that go out as they are.

The part that all chunks share is encoded once per stream; an event costs the encoding of its delta.
"""

from collections.abc import Iterable
from typing import Any, Final

import orjson

import janus_mesh as mesh
from janus_mesh.competitor_claims import FORBIDDEN_STEPS, ROUTE
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

from .answer_bounds import MAX_FINISH_REASON_CHARS, require_choice, require_tool_call
from .answer_json import (
    ArtifactUrl,
    Identity,
    JsonObject,
    artifact_object,
    choice_extras,
    chunk_extras,
    delta_extras,
    encoded,
    janus_object,
    require_complete,
    tool_call_object,
    usage_object,
)
from .chunk_fields import ChunkFields
from .content_links import ContentLinks
from .steps import Steps

PING = b": ping\n\n"
DONE = b"data: [DONE]\n\n"
_END = b"}\n\n"

# Deltas that are part of a choice's answer, unlike those that tell of its making.
_ANSWERING: Final = frozenset({"role", "content", "reasoning", "refusal", "tool_call", "artifact"})
# Fields beside `choices` wait for the next chunk with a choice, up to this length.
_MAX_WAITING_CHARS: Final = 64 * 1024


class ChunkWriter:
    """Writes one stream. Raises `CompetitorFailed` for an event that makes no sense.

    Args:
        identity: what every chunk says about itself.
        include_usage: the client asked for a last chunk with the usage.
        artifact_url: gives the address under which clients reach an artifact.
        steps: where steps and artifacts stand.
    """

    __slots__ = (
        "_artifact_url",
        "_choice_tail",
        "_content_heads",
        "_content_tail",
        "_fields",
        "_finished",
        "_identity",
        "_include_usage",
        "_links",
        "_open",
        "_spoken",
        "_steps",
        "_usage",
    )

    def __init__(
        self,
        identity: Identity,
        *,
        include_usage: bool,
        artifact_url: ArtifactUrl,
        steps: Steps = Steps.DELTA,
    ) -> None:
        self._identity = identity
        self._include_usage = include_usage
        self._artifact_url = artifact_url
        self._steps = steps
        self._links: ContentLinks | None = None  # once an artifact was announced
        self._open: set[int] = set()
        self._finished: dict[int, str] = {}
        self._spoken: set[int] = set()  # choices whose role was said
        self._usage: event_pb2.Usage | None = None
        self._fields = ChunkFields(identity)
        # The beginnings of plain content chunks; emptied when the next chunk has more to say.
        self._content_heads: dict[int, bytes] = {}
        usage = b',"usage":null' if include_usage else b""
        self._choice_tail = b',"logprobs":null,"finish_reason":null}]' + usage + _END
        self._content_tail = b"}" + self._choice_tail

    def routes(self, events: Iterable[event_pb2.ChatEvent]) -> bytes:
        """The chunks of the router's own events. Only those may say which competitor answers."""
        return b"".join(self._step(0, janus_object(event.janus)) for event in events)

    def name_model(self, event: event_pb2.ChatEvent) -> None:
        """Notes the model's name ahead, if the event has it, so that the chunks of `routes` bear it."""
        if event.HasField("start"):
            self._fields.name_model(event.start.model or self._identity.model)
            self._content_heads.clear()

    def write(self, event: mesh.Said) -> bytes:
        """The chunks that a competitor's event makes: none (empty), one, or the stream's end."""
        if isinstance(event, str):
            if event and self._links is None:
                head = self._content_heads.get(0) or self._open_content(0)
                return head + orjson.dumps(event) + self._content_tail
            return self._text(0, self._linked(0, event))
        kind = event.WhichOneof("payload")
        if kind == "content" and not event.HasField("extras"):
            text = event.content
            if text and self._links is None:
                head = self._content_heads.get(event.choice) or self._open_content(event.choice)
                return head + orjson.dumps(text) + self._content_tail
            return self._text(event.choice, self._linked(event.choice, text))
        return self._unusual(event, kind)

    def _unusual(self, event: event_pb2.ChatEvent, kind: str | None) -> bytes:
        """Everything but plain content."""
        require_choice(event.choice)
        self.name_model(event)
        if kind == "usage":
            self._usage = event.usage  # interim; told once, at the end
        if event.extras.chunk_json:
            self._fields.add(chunk_extras(event), len(event.extras.chunk_json))
            self._content_heads.clear()
        if kind == "finish":
            return self._ending(event)
        if kind in (None, "start", "usage"):
            return self._extras_alone(event)
        held = b"" if kind == "content" else self._text_held(event.choice)
        return held + self._choice_event(event, kind)

    def _choice_event(self, event: event_pb2.ChatEvent, kind: str) -> bytes:
        choice = event.choice
        if kind == "error":
            raise CompetitorFailed("an error stands among the events of an answer")
        if kind == "janus":
            if event.janus.event == ROUTE or event.janus.event in FORBIDDEN_STEPS:
                return self._extras_alone(event)
            return self._step(choice, janus_object(event.janus), event)
        if kind == "choice_finish":
            return self._finish_choice(event)
        if kind in _ANSWERING and choice not in self._finished:
            self._open.add(choice)
        if kind == "artifact":
            return self._artifact(event)
        return self._chunk(choice, self._delta(event, kind), event)

    def _delta(self, event: event_pb2.ChatEvent, kind: str) -> JsonObject:
        """The delta of an event; {} when it has nothing to say."""
        match kind:
            case "content":
                text = self._linked(event.choice, event.content)
                return {"content": text} if text else {}
            case "reasoning":
                return {"reasoning_content": event.reasoning} if event.reasoning else {}
            case "refusal":
                return {"refusal": event.refusal} if event.refusal else {}
            case "tool_call":
                require_tool_call(event.tool_call)
                return {"tool_calls": [tool_call_object(event.tool_call)]}
        # Whoever answers is the assistant, which the first chunk of each choice says.
        return {} if event.choice in self._spoken else self._opening(event.choice, None)

    def _artifact(self, event: event_pb2.ChatEvent) -> bytes:
        artifact = event.artifact
        url = self._artifact_url(artifact)
        if url != artifact.url:
            self._links = self._links or ContentLinks()
            self._links.announce(artifact.url, url)
        payload = artifact_object(artifact, url)
        return self._step(event.choice, {"event": "artifact", "payload": payload}, event)

    def _step(self, choice: int, step: JsonObject, event: event_pb2.ChatEvent | None = None) -> bytes:
        if self._steps is Steps.DELTA:
            return self._chunk(choice, {"janus": step}, event)
        return self._chunk(choice, {}, event, step if self._steps is Steps.CHUNK else None)

    def _finish_choice(self, event: event_pb2.ChatEvent) -> bytes:
        reason = event.choice_finish.reason[:MAX_FINISH_REASON_CHARS] or "stop"
        if self._finished.get(event.choice) == reason:
            return self._extras_alone(event)
        self._open.discard(event.choice)
        self._finished[event.choice] = reason
        return self._chunk(event.choice, {}, event, reason=reason)

    def _linked(self, choice: int, text: str) -> str:
        return text if self._links is None else self._links.piece(choice, text)

    def _text(self, choice: int, text: str) -> bytes:
        """A chunk of a choice's text; none for the empty text."""
        if not text:
            return b""
        head = self._content_heads.get(choice) or self._open_content(choice)
        return head + orjson.dumps(text) + self._content_tail

    def _text_held(self, choice: int) -> bytes:
        """The text that waited for more, now that something else comes."""
        return b"" if self._links is None else self._text(choice, self._links.rest(choice))

    def _open_content(self, choice: int) -> bytes:
        """The beginning of a chunk of text; kept for the next one unless this one says more than text."""
        require_choice(choice)
        if choice not in self._finished:
            self._open.add(choice)
        opening = b'{"index":%d,"delta":{' % choice
        if choice not in self._spoken:
            self._spoken.add(choice)
            return self._fields.take_head() + opening + b'"role":"assistant","content":'
        if self._fields.waiting:
            return self._fields.take_head() + opening + b'"content":'
        head = self._content_heads[choice] = self._fields.head + opening + b'"content":'
        return head

    def _opening(self, choice: int, delta: JsonObject | None) -> JsonObject:
        """What the first delta of a choice says beside `delta`."""
        self._spoken.add(choice)
        return {"role": "assistant", "content": None if delta and "tool_calls" in delta else ""}

    def _chunk(
        self,
        choice: int,
        delta: JsonObject,
        event: event_pb2.ChatEvent | None = None,
        step: JsonObject | None = None,
        reason: str | None = None,
    ) -> bytes:
        """A chunk of one choice, with the extras of its event; none when it would say nothing."""
        beside: JsonObject = {}
        if event is not None and event.HasField("extras"):
            delta = delta_extras(event) | delta
            beside = choice_extras(event)
        if not (delta or beside or step or reason):
            return b""
        if choice not in self._spoken:
            delta = self._opening(choice, delta) | delta
        if not (beside or step or reason or self._fields.waiting):
            return self._fields.head + b'{"index":%d,"delta":' % choice + encoded(delta) + self._choice_tail
        said: JsonObject = {"index": choice, "delta": delta, "logprobs": None} | beside
        return self._encoded([said | {"finish_reason": reason}], {"janus": step} if step else {}, None)

    def _extras_alone(self, event: event_pb2.ChatEvent) -> bytes:
        """A chunk for fields at a choice or its delta that come without a payload of ours."""
        chunk = self._chunk(event.choice, {}, event)
        if chunk or self._fields.waiting_chars <= _MAX_WAITING_CHARS:
            return chunk
        choice = next(iter(self._spoken), 0)
        delta = {} if choice in self._spoken else self._opening(choice, None)
        silent = {"index": choice, "delta": delta, "logprobs": None, "finish_reason": None}
        return self._encoded([silent], {}, None)

    def _ending(self, event: event_pb2.ChatEvent) -> bytes:
        require_complete(self._open, len(self._finished))
        held = b"".join(map(self._text_held, sorted(self._finished)))
        audited = event.finish.HasField("usage")
        usage = event.finish.usage if audited else self._usage
        last = b""
        extras = self._extras_alone(event)
        # A client that did not ask for usage does not expect a chunk without choices.
        if self._include_usage and (usage is not None or self._fields.waiting):
            last = self._encoded([], {}, None if usage is None else usage_object(usage, audited=audited))
        return held + extras + last + DONE

    def _encoded(self, choices: list[Any], more: JsonObject, usage: JsonObject | None) -> bytes:
        chunk = self._fields.take() | more
        chunk["choices"] = choices
        if self._include_usage:
            chunk["usage"] = usage
        return b"data: " + encoded(chunk) + b"\n\n"
