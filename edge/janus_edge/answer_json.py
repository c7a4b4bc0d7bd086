"""The JSON forms that a chunk of a stream and a whole completion share.

Everything that a peer sends as JSON text is parsed here; what does not parse is the competitor's fault.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

JsonObject = dict[str, Any]
ArtifactUrl = Callable[[event_pb2.Artifact], str]
"""Gives the address under which clients reach an artifact."""

# Fields that this schema writes itself. Extras by these names would contradict it, so they are dropped.
CHUNK_FIELDS = frozenset({"id", "object", "created", "model", "choices", "usage"})
CHOICE_FIELDS = frozenset({"index", "delta", "message", "finish_reason"})

_ROLES: dict[int, str] = {
    request_pb2.ROLE_SYSTEM: "system",
    request_pb2.ROLE_DEVELOPER: "developer",
    request_pb2.ROLE_USER: "user",
    request_pb2.ROLE_TOOL: "tool",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What every chunk of one answer, or the whole completion, says about itself."""

    id: str
    created: int  # seconds since 1970
    model: str


def json_object(text: str, what: str, reserved: frozenset[str] = frozenset()) -> JsonObject:
    """The object that `text` holds, without `reserved` fields; empty for empty text."""
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise CompetitorFailed(f"the competitor's {what} is not JSON") from None
    if not isinstance(value, dict):
        raise CompetitorFailed(f"the competitor's {what} is not a JSON object")
    if reserved.isdisjoint(value):
        return value
    return {name: field for name, field in value.items() if name not in reserved}


def encoded(value: JsonObject) -> bytes:
    """The object as JSON. What a competitor nested deeper than can be written is its fault."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise CompetitorFailed(f"the competitor's answer cannot be written as JSON: {error}") from None


def chunk_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.chunk_json, "chunk", CHUNK_FIELDS)


def choice_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.choice_json, "choice", CHOICE_FIELDS)


def delta_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.delta_json, "delta")


def require_complete(open_choices: Collection[int], finished: int) -> None:
    """Refuses an ending that leaves a choice without its own; raises `CompetitorFailed`."""
    if open_choices:
        raise CompetitorFailed(f"the competitor finished without finishing choice {min(open_choices)}")
    if not finished:
        raise CompetitorFailed("the competitor finished without an answer")


def role_name(role: int) -> str:
    """OpenAI's word for a role; an answer's is the assistant's unless said otherwise."""
    return _ROLES.get(role, "assistant")


def usage_object(usage: event_pb2.Usage) -> JsonObject:
    """OpenAI's `usage`, with Janus's own figures where they are known."""
    fields: JsonObject = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    if usage.HasField("cost_usd"):
        fields["cost_usd"] = usage.cost_usd
    if usage.HasField("sandbox_seconds"):
        fields["sandbox_seconds"] = usage.sandbox_seconds
    return json_object(usage.extra_json, "usage") | fields


def artifact_object(artifact: event_pb2.Artifact, url: str) -> JsonObject:
    """An artifact's descriptor, with `url` in place of the competitor's."""
    fields = {
        "id": artifact.id,
        "type": artifact.type,
        "mime_type": artifact.mime_type,
        "display_name": artifact.display_name,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
        "created_at": artifact.created_at,
        "ttl_seconds": artifact.ttl_seconds,
        "url": url,
    }
    return json_object(artifact.extra_json, "artifact") | fields


def tool_call_object(call: event_pb2.ToolCallDelta) -> JsonObject:
    """One entry of `delta.tool_calls`."""
    extras = json_object(call.extra_json, "tool call")
    fields: JsonObject = {"index": call.index}
    if call.id:
        fields["id"] = call.id
    if call.type:
        fields["type"] = call.type
    # Other kinds of tool bring an object of their own in the extras, and name their kind only at first.
    untyped = not call.type and (call.name or call.arguments or not extras or "function" in extras)
    if call.type == "function" or untyped:
        function = extras.get("function")
        known = {"name": call.name} if call.name else {}
        known["arguments"] = call.arguments
        fields["function"] = function | known if isinstance(function, dict) else known
    return extras | fields


def janus_object(janus: event_pb2.JanusEvent) -> JsonObject:
    """`delta.janus`: a step and its particulars."""
    return {"event": janus.event, "payload": json_object(janus.payload_json, f"{janus.event} event")}
