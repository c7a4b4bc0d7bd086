"""The JSON forms that a chunk of a stream and a whole completion share.

Everything that a peer sends as JSON text is parsed here, without the names that only Janus may write at that
place (`janus_mesh.competitor_claims`); text that does not parse is the competitor's fault.
"""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import orjson

from janus_mesh.competitor_claims import (
    ARTIFACT_FIELDS,
    CHOICE_FIELDS,
    CHUNK_FIELDS,
    DELTA_FIELDS,
    TOOL_CALL_FIELDS,
    USAGE_FIELDS,
)
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

JsonObject = dict[str, Any]
ArtifactUrl = Callable[[event_pb2.Artifact], str]
"""Gives the address under which clients reach an artifact."""

# Integers that may need more than 64 bits, which orjson turns into floats; digits of fractions do not count.
_LONG_INTEGER: Final = re.compile(r"(?<![\d.])\d{19}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What every chunk of one answer, or the whole completion, says about itself."""

    id: str
    created: int  # seconds since 1970
    model: str


def json_object(text: str, what: str, reserved: frozenset[str] = frozenset()) -> JsonObject:
    """Parses a JSON object; {} for empty text.

    Args:
        text: what the peer sent.
        what: names the place in the error.
        reserved: names that are left out, because only Janus may write them there.

    Raises `CompetitorFailed` for text that is not a JSON object.
    """
    if not text:
        return {}
    try:
        value = orjson.loads(text)
        if _LONG_INTEGER.search(text):
            value = json.loads(text)
    except (ValueError, RecursionError):
        raise CompetitorFailed(f"the competitor's {what} is not JSON") from None
    if not isinstance(value, dict):
        raise CompetitorFailed(f"the competitor's {what} is not a JSON object")
    if reserved.isdisjoint(value):
        return value
    return {name: field for name, field in value.items() if name not in reserved}


def encoded(value: JsonObject) -> bytes:
    """Encodes the object as JSON. Raises `CompetitorFailed` for one that is nested too deeply."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        if "Integer" in str(error):  # beyond 64 bits, which only the standard library writes
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        raise CompetitorFailed(f"the competitor's answer cannot be written as JSON: {error}") from None


def chunk_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.chunk_json, "chunk", CHUNK_FIELDS)


def choice_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.choice_json, "choice", CHOICE_FIELDS)


def delta_extras(event: event_pb2.ChatEvent) -> JsonObject:
    return json_object(event.extras.delta_json, "delta", DELTA_FIELDS)


def require_complete(open_choices: Collection[int], finished: int) -> None:
    """Refuses an ending that leaves a choice without its own; raises `CompetitorFailed`."""
    if open_choices:
        raise CompetitorFailed(f"the competitor finished without finishing choice {min(open_choices)}")
    if not finished:
        raise CompetitorFailed("the competitor finished without an answer")


def usage_object(usage: event_pb2.Usage, *, audited: bool) -> JsonObject:
    """OpenAI's `usage`, with Janus's own figures where they are known.

    Args:
        usage: the figures.
        audited: the router has checked them, so that their `janus` is the router's.
    """
    fields: JsonObject = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    if usage.HasField("cost_usd"):
        fields["cost_usd"] = usage.cost_usd
    if usage.HasField("sandbox_seconds"):
        fields["sandbox_seconds"] = usage.sandbox_seconds
    reserved = USAGE_FIELDS - {"janus"} if audited else USAGE_FIELDS
    return json_object(usage.extra_json, "usage", reserved) | fields


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
    return json_object(artifact.extra_json, "artifact", ARTIFACT_FIELDS) | fields


def tool_call_extras(call: event_pb2.ToolCallDelta) -> JsonObject:
    return json_object(call.extra_json, "tool call", TOOL_CALL_FIELDS)


def tool_call_object(call: event_pb2.ToolCallDelta) -> JsonObject:
    """One entry of `delta.tool_calls`."""
    extras = tool_call_extras(call)
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
    """A step and its particulars."""
    return {"event": janus.event, "payload": json_object(janus.payload_json, f"{janus.event} event")}
