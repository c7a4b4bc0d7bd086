"""Removes from a competitor's events what only Janus may say.

A competitor, native or HTTP, may send anything. Readers of an answer (the client, the pages, the bench)
believe that a `route` step, an `error`, `usage.janus`, the ids and the addresses of artifacts come from
Janus, so nothing of that name may pass through from a competitor:

- a `route` step is renamed to `inner_route` (a router behind this one says where it went); a step named
  `error` or `artifact` (an artifact has an event of its own, whose address Janus signs) or without a name is
  removed;
- unknown fields (`extras`, and the `extra_json` of usage, tool calls and artifacts) lose the names that
  the schema itself writes at that place, and `janus`.

The shim, the router and the edge each call this, because each reads from a process that may not be ours.
"""

import json
from typing import Final

import orjson

from janus_proto._gen.janus.chat.v1 import event_pb2

ROUTE: Final = "route"
INNER_ROUTE: Final = "inner_route"
FORBIDDEN_STEPS: Final = frozenset({"", "error", "artifact"})

# Names that Janus writes at each place of a chunk or a completion.
CHUNK_FIELDS: Final = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "janus"})
CHOICE_FIELDS: Final = frozenset({"index", "delta", "message", "finish_reason", "usage", "janus", "error"})
DELTA_FIELDS: Final = frozenset(
    {"role", "content", "reasoning_content", "refusal", "tool_calls", "artifacts", "janus", "error"}
)
TOOL_CALL_FIELDS: Final = frozenset({"index", "id", "type", "janus", "error"})
USAGE_FIELDS: Final = frozenset(
    {"prompt_tokens", "completion_tokens", "total_tokens", "cost_usd", "sandbox_seconds", "janus"}
)
ARTIFACT_FIELDS: Final = frozenset(
    {
        "id",
        "type",
        "mime_type",
        "display_name",
        "size_bytes",
        "sha256",
        "created_at",
        "ttl_seconds",
        "url",
        "janus",
        "error",
    }
)


def strip_claims(event: event_pb2.ChatEvent) -> bool:
    """Removes from a competitor's event, in place, what only Janus may say. Returns whether it found any.

    A step that is removed leaves an event without a payload.
    """
    found = strip_extras(event)
    match event.WhichOneof("payload"):
        case "janus":
            if event.janus.event == ROUTE:
                event.janus.event = INNER_ROUTE
                return True
            if event.janus.event in FORBIDDEN_STEPS:
                event.ClearField("janus")
                return True
        case "usage":
            return _strip_usage(event.usage) or found
        case "finish":
            return _strip_usage(event.finish.usage) or found
    return found


def strip_extras(event: event_pb2.ChatEvent) -> bool:
    """Removes from the event's unknown fields, in place, the names that the schema writes itself.

    Unlike `strip_claims` it leaves steps and usage alone, which the router may have written.
    """
    found = False
    if event.HasField("extras"):
        extras = event.extras
        if extras.chunk_json:
            stripped = without(extras.chunk_json, CHUNK_FIELDS)
            found, extras.chunk_json = found or stripped != extras.chunk_json, stripped
        if extras.choice_json:
            stripped = without(extras.choice_json, CHOICE_FIELDS)
            found, extras.choice_json = found or stripped != extras.choice_json, stripped
        if extras.delta_json:
            stripped = without(extras.delta_json, DELTA_FIELDS)
            found, extras.delta_json = found or stripped != extras.delta_json, stripped
    match event.WhichOneof("payload"):
        case "tool_call":
            call = event.tool_call
            if call.extra_json:
                stripped = without(call.extra_json, TOOL_CALL_FIELDS)
                found, call.extra_json = found or stripped != call.extra_json, stripped
        case "artifact":
            artifact = event.artifact
            if artifact.extra_json:
                stripped = without(artifact.extra_json, ARTIFACT_FIELDS)
                found, artifact.extra_json = found or stripped != artifact.extra_json, stripped
    return found


def without(json_text: str, names: frozenset[str]) -> str:
    """A JSON object without the fields of these names, as text; '' for what is not a JSON object.

    The text is returned as it is when it has none of them, so that numbers keep their digits.
    """
    try:
        value = orjson.loads(json_text)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(value, dict):
        return ""
    if names.isdisjoint(value):
        return json_text
    try:
        # The standard library's reader, because orjson turns integers beyond 64 bits into floats.
        kept = {name: field for name, field in json.loads(json_text).items() if name not in names}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""
    except (RecursionError, ValueError):
        return ""


def _strip_usage(usage: event_pb2.Usage) -> bool:
    if not usage.extra_json:
        return False
    stripped = without(usage.extra_json, USAGE_FIELDS)
    found, usage.extra_json = stripped != usage.extra_json, stripped
    return found
