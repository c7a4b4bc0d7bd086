"""Chat events to the chunks of an OpenAI stream, as bytes that go out as they are.

The part that all chunks share is encoded once per stream; an event costs the encoding of its delta.
"""

import orjson

import janus_mesh as mesh
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
    janus_object,
    require_complete,
    role_name,
    tool_call_object,
    usage_object,
)
from .content_links import ContentLinks

PING = b": ping\n\n"
DONE = b"data: [DONE]\n\n"
_END = b"}\n\n"

# Deltas that are part of a choice's answer, unlike those that tell of its making.
_ANSWERING = frozenset({"role", "content", "reasoning", "refusal", "tool_call"})


class ChunkWriter:
    """Writes one stream. Raises `CompetitorFailed` for an event that makes no sense."""

    __slots__ = (
        "_artifact_url",
        "_choice_tail",
        "_constant",
        "_content_heads",
        "_content_tail",
        "_finished",
        "_head",
        "_identity",
        "_include_usage",
        "_last_extras",
        "_links",
        "_open",
        "_usage",
    )

    def __init__(self, identity: Identity, *, include_usage: bool, artifact_url: ArtifactUrl) -> None:
        self._identity = identity
        self._include_usage = include_usage
        self._artifact_url = artifact_url
        self._links: ContentLinks | None = None  # once an artifact was announced
        self._open: set[int] = set()
        self._finished: set[int] = set()
        self._usage: event_pb2.Usage | None = None
        self._last_extras: JsonObject = {}
        self._choice_tail = b',"logprobs":null,"finish_reason":null}]' + self._usage_null() + _END
        self._content_tail = b"}" + self._choice_tail
        self._begin(identity.model, {})

    def write(self, event: mesh.Said) -> bytes:
        """The chunks that the event makes: none (empty), one, or the stream's end."""
        if isinstance(event, str):
            if self._links is not None:
                return self._text(0, self._links.piece(0, event))
            head = self._content_heads.get(0) or self._open_content(0)
            return head + orjson.dumps(event) + self._content_tail
        kind = event.WhichOneof("payload")
        if kind == "content" and not event.HasField("extras"):
            if self._links is not None:
                return self._text(event.choice, self._links.piece(event.choice, event.content))
            head = self._content_heads.get(event.choice) or self._open_content(event.choice)
            return head + orjson.dumps(event.content) + self._content_tail
        if kind == "start":
            self._begin(event.start.model or self._identity.model, chunk_extras(event))
            return self._extras_alone(event)
        if kind == "finish":
            return self._ending(event)
        if kind == "usage":
            self._usage = event.usage
            return self._extras_alone(event) + self._usage_chunk(chunk_extras(event), event.usage)
        if kind is None:
            return self._extras_alone(event) or self._chunk_level_extras(event)
        held = b"" if kind == "content" else self._text_held(event.choice)
        return held + self._choice_chunk(event, kind)

    def _text(self, choice: int, text: str) -> bytes:
        """A chunk of a choice's text, if there is any to say."""
        head = self._content_heads.get(choice) or self._open_content(choice)
        return head + orjson.dumps(text) + self._content_tail if text else b""

    def _text_held(self, choice: int) -> bytes:
        """What waited for more of the text, now that something else comes."""
        rest = "" if self._links is None else self._links.rest(choice)
        return self._text(choice, rest) if rest else b""

    def _begin(self, model: str, extras: JsonObject) -> None:
        self._constant: JsonObject = {
            "id": self._identity.id,
            "object": "chat.completion.chunk",
            "created": self._identity.created,
            "model": model,
        } | extras
        self._head = b"data: " + encoded(self._constant)[:-1] + b',"choices":['
        self._content_heads: dict[int, bytes] = {}

    def _open_content(self, choice: int) -> bytes:
        self._open.add(choice)
        head = self._content_heads[choice] = self._choice_head(choice) + b'{"content":'
        return head

    def _choice_chunk(self, event: event_pb2.ChatEvent, kind: str) -> bytes:
        reason = None
        if kind == "choice_finish":
            reason = event.choice_finish.reason
            self._open.discard(event.choice)
            self._content_heads.pop(event.choice, None)
            self._finished.add(event.choice)
        elif kind in _ANSWERING or (kind == "artifact" and event.choice not in self._finished):
            self._open.add(event.choice)
        delta = self._delta(event, kind)
        if event.HasField("extras"):
            return self._with_extras(event, delta, reason)
        head = self._choice_head(event.choice) + encoded(delta)
        if reason is None:
            return head + self._choice_tail
        ending = b',"logprobs":null,"finish_reason":' + orjson.dumps(reason) + b"}]"
        return head + ending + self._usage_null() + _END

    def _delta(self, event: event_pb2.ChatEvent, kind: str) -> JsonObject:
        match kind:
            case "content":
                links = self._links
                text = event.content if links is None else links.piece(event.choice, event.content)
                return {"content": text}
            case "reasoning":
                return {"reasoning_content": event.reasoning}
            case "role":
                return {"role": role_name(event.role), "content": ""}
            case "refusal":
                return {"refusal": event.refusal}
            case "tool_call":
                return {"tool_calls": [tool_call_object(event.tool_call)]}
            case "artifact":
                url = self._artifact_url(event.artifact)
                if url != event.artifact.url:
                    self._links = self._links or ContentLinks()
                    self._links.announce(event.artifact.url, url)
                payload = artifact_object(event.artifact, url)
                return {"janus": {"event": "artifact", "payload": payload}}
            case "janus":
                return {"janus": janus_object(event.janus)}
        return {}

    def _with_extras(self, event: event_pb2.ChatEvent, delta: JsonObject, reason: str | None) -> bytes:
        """The slow way, for a chunk with fields of the competitor's own."""
        choice: JsonObject = {"index": event.choice, "delta": delta_extras(event) | delta, "logprobs": None}
        choice |= choice_extras(event)
        choice["finish_reason"] = reason
        return self._encoded(chunk_extras(event), [choice], None)

    def _extras_alone(self, event: event_pb2.ChatEvent) -> bytes:
        """A chunk for extras at a choice or its delta that come without a payload of ours."""
        extras = event.extras
        return self._with_extras(event, {}, None) if extras.choice_json or extras.delta_json else b""

    def _chunk_level_extras(self, event: event_pb2.ChatEvent) -> bytes:
        extras = chunk_extras(event)
        if self._finished and not self._open:
            # When all is said only the chunk with the usage follows, and these belong to it.
            self._last_extras |= extras
            return b""
        return self._encoded(extras, [], None) if extras else b""

    def _usage_chunk(self, extras: JsonObject, usage: event_pb2.Usage | None) -> bytes:
        """A client that did not ask for usage does not expect a chunk without choices either."""
        if not self._include_usage or (usage is None and not extras):
            return b""
        return self._encoded(extras, [], None if usage is None else usage_object(usage))

    def _ending(self, event: event_pb2.ChatEvent) -> bytes:
        require_complete(self._open, len(self._finished))
        usage = event.finish.usage if event.finish.HasField("usage") else self._usage
        extras = self._last_extras | chunk_extras(event)
        return self._extras_alone(event) + self._usage_chunk(extras, usage) + DONE

    def _encoded(self, extras: JsonObject, choices: list[JsonObject], usage: JsonObject | None) -> bytes:
        chunk = self._constant | extras
        chunk["choices"] = choices
        if self._include_usage:
            chunk["usage"] = usage
        return b"data: " + encoded(chunk) + b"\n\n"

    def _choice_head(self, choice: int) -> bytes:
        return self._head + b'{"index":%d,"delta":' % choice

    def _usage_null(self) -> bytes:
        return b',"usage":null' if self._include_usage else b""
