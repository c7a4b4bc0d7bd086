"""Bounds on a `ChatRequest` from the mesh, whose sender may not be Janus's own edge.

The edge checks the same bounds while it reads JSON. A native caller sends protobuf, so every server of the
mesh checks again before its answer starts, see `exchange.conduct`. `wire_bounds` has limited the bytes
before they were decoded.
"""

from collections.abc import Callable, Iterator, Sized
from typing import Final

from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

from .errors import InvalidRequest
from .json_bounds import CODE, MAX_VALUES, count_values, most_values

# The schema in `janus_mesh.openai` enforces the same numbers on JSON.
# A conversation of 200,000 tokens has some hundreds of messages.
MAX_MESSAGES: Final = 4096
# Parts of one message. OpenAI takes 500 pictures in a request.
MAX_PARTS: Final = 2048
# Calls in one turn: as many as OpenAI takes functions.
MAX_TOOL_CALLS: Final = 128
# OpenAI takes 128 functions; clients that collect the tools of several MCP servers offer more.
MAX_TOOLS: Final = 512
# Token ids with a bias. OpenAI refuses more than 300.
MAX_LOGIT_BIAS: Final = 1024
# OpenAI's own numbers.
MAX_STOP: Final = 4
MAX_METADATA: Final = 16
METADATA_KEY_CHARS: Final = 64
METADATA_VALUE_CHARS: Final = 512


def check_request_bounds(request: pb.ChatRequest) -> None:
    """Raises `InvalidRequest`, with the field at fault in `param`, when a list or map is too long."""
    _at_most(MAX_MESSAGES, request.messages, "messages")
    _at_most(MAX_TOOLS, request.tools, "tools")
    _at_most(MAX_LOGIT_BIAS, request.logit_bias, "logit_bias")
    _at_most(MAX_STOP, request.stop, "stop")
    _at_most(MAX_METADATA, request.metadata, "metadata")
    for key, value in request.metadata.items():
        if len(key) > METADATA_KEY_CHARS or len(value) > METADATA_VALUE_CHARS:
            raise InvalidRequest(
                f"`metadata` must have keys of at most {METADATA_KEY_CHARS} characters and values of at most "
                f"{METADATA_VALUE_CHARS}",
                param="metadata",
            )
    for index, message in enumerate(request.messages):
        if message.tool_calls:
            _at_most(MAX_TOOL_CALLS, message.tool_calls, f"messages[{index}].tool_calls")
        if message.HasField("parts"):
            _at_most(MAX_PARTS, message.parts.parts, f"messages[{index}].content")
    _check_json(request)


def _at_most(limit: int, items: Sized, field: str) -> None:
    if len(items) > limit:
        raise InvalidRequest(f"`{field}` must have at most {limit} items", param=field)


def _check_json(request: pb.ChatRequest) -> None:
    """Bounds the values of all JSON texts together: a competitor's shim parses every one of them."""
    texts = [text.encode() for text in _json_texts(request)]
    if _sum(most_values, texts) > MAX_VALUES and _sum(count_values, texts) > MAX_VALUES:
        raise InvalidRequest(f"the request holds more than {MAX_VALUES} JSON values", code=CODE)


def _sum(count: Callable[..., int], texts: list[bytes]) -> int:
    total = 0
    for text in texts:
        total += count(text, stop=MAX_VALUES - total)
        if total > MAX_VALUES:
            break
    return total


def _json_texts(request: pb.ChatRequest) -> Iterator[str]:
    yield from filter(None, (request.extra_json, request.tool_choice.other_json))
    shape = request.response_format
    yield from filter(None, (shape.extra_json, shape.schema_json, shape.schema_extra_json))
    for tool in request.tools:
        yield from filter(None, (tool.extra_json, tool.parameters_json, tool.function_extra_json))
    for message in request.messages:
        if message.extra_json:
            yield message.extra_json
        for call in message.tool_calls:
            yield from filter(None, (call.extra_json, call.function_extra_json))
        if message.HasField("parts"):
            yield from _part_texts(message.parts)


def _part_texts(parts: pb.ContentParts) -> Iterator[str]:
    for part in parts.parts:
        if part.extra_json:
            yield part.extra_json
        kind = part.WhichOneof("part")
        if kind in ("image_url", "input_audio", "file") and (inner := getattr(part, kind).extra_json):
            yield inner
