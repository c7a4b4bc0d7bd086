"""A `ChatRequest` as the JSON that OpenAI's HTTP API defines, the way a competitor's container reads it.

The fields in an `extra_json` go back to where they were taken from, integers with all their digits. The
container is always asked for a stream with usage, whatever the HTTP client wanted; `competitor_id` is Janus's
own and is not sent.
"""

import json
import re
from typing import Any

import orjson

from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

Object = dict[str, Any]

_ROLES = {
    pb.ROLE_SYSTEM: "system",
    pb.ROLE_DEVELOPER: "developer",
    pb.ROLE_USER: "user",
    pb.ROLE_ASSISTANT: "assistant",
    pb.ROLE_TOOL: "tool",
    pb.ROLE_FUNCTION: "function",
}
_OPTIONAL: tuple[Any, ...] = (  # the stub's HasField takes each name as a literal
    "temperature",
    "top_p",
    "n",
    "max_tokens",
    "max_completion_tokens",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "seed",
    "parallel_tool_calls",
)
_WORDS = ("reasoning_effort", "user")
# orjson reads an integer beyond 64 bits as a float. Numbers this long take the exact reader.
_LONG_NUMBER = re.compile(r"\d{19}")


def request_body(request: pb.ChatRequest, upstream_model: str = "", *, stream_options: bool = True) -> bytes:
    """The body for `POST /v1/chat/completions`.

    Args:
        request: what the caller asked.
        upstream_model: the model to ask for instead of the request's; empty keeps that.
        stream_options: ask for usage figures. Options that the client itself sent are sent in any case.

    Raises `InvalidRequest` when a JSON field of the request is not JSON, or a message has no role.
    """
    extra = _extra(request.extra_json, "extra_json")
    options = extra.pop("stream_options", None)
    body: Object = {
        "model": upstream_model or request.model,
        "messages": [_message(message, f"messages[{i}]") for i, message in enumerate(request.messages)],
        **_sampling(request),
        **_tools(request),
        "stream": True,
    }
    options = options if isinstance(options, dict) else {}
    if stream_options:
        options["include_usage"] = True
    if options:
        body["stream_options"] = options
    if request.metadata:
        body["metadata"] = dict(request.metadata)
    if request.HasField("response_format"):
        body["response_format"] = _response_format(request.response_format)
    return _encoded(extra | body)


def _encoded(body: Object) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, or deep nesting
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _sampling(request: pb.ChatRequest) -> Object:
    fields = {name: getattr(request, name) for name in _OPTIONAL if request.HasField(name)}
    fields |= _said(request, *_WORDS)
    if request.stop:
        fields["stop"] = list(request.stop)
    if request.logit_bias:
        fields["logit_bias"] = {token: _shortest(bias) for token, bias in request.logit_bias.items()}
    return fields


def _tools(request: pb.ChatRequest) -> Object:
    fields: Object = {}
    if request.tools:
        fields["tools"] = [_tool(tool, f"tools[{i}]") for i, tool in enumerate(request.tools)]
    if request.HasField("tool_choice"):
        fields["tool_choice"] = _tool_choice(request.tool_choice)
    return fields


def _message(message: pb.Message, where: str) -> Object:
    role = _ROLES.get(message.role)
    if role is None:
        raise InvalidRequest("a message must say its role", param=f"{where}.role")
    body: Object = {"role": role, "content": _content(message, where)}
    if message.name:
        body["name"] = message.name
    if message.tool_calls:
        body["tool_calls"] = [
            _tool_call(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(message.tool_calls)
        ]
    if message.tool_call_id:
        body["tool_call_id"] = message.tool_call_id
    if message.HasField("refusal"):
        body["refusal"] = message.refusal
    if message.HasField("reasoning_content"):
        body["reasoning_content"] = message.reasoning_content
    return _extra(message.extra_json, where) | body


def _content(message: pb.Message, where: str) -> str | list[Object] | None:
    match message.WhichOneof("content"):
        case "text":
            return message.text
        case "parts":
            return [_part(part, f"{where}.content[{i}]") for i, part in enumerate(message.parts.parts)]
        case _:
            return None


def _part(part: pb.ContentPart, where: str) -> Object:
    extra = _extra(part.extra_json, where)
    kind = part.WhichOneof("part")
    match kind:
        case None:
            return extra  # of a kind unknown here: the extra is all of it
        case "text" | "refusal":
            body: str | Object = getattr(part, kind)
        case "image_url":
            body = {"url": part.image_url.url, **_said(part.image_url, "detail")}
            body = _extra(part.image_url.extra_json, f"{where}.image_url") | body
        case "input_audio":
            body = {"data": part.input_audio.data, "format": part.input_audio.format}
            body = _extra(part.input_audio.extra_json, f"{where}.input_audio") | body
        case "file":
            body = _said(part.file, "file_data", "file_id", "filename")
            body = _extra(part.file.extra_json, f"{where}.file") | body
    return extra | {"type": kind, kind: body}


def _tool_call(call: pb.ToolCall, where: str) -> Object:
    function = _extra(call.function_extra_json, f"{where}.function")
    if call.name or call.arguments or not call.type or call.type == "function":
        function |= {"name": call.name, "arguments": call.arguments}
    body: Object = {"id": call.id, "type": call.type or "function"}
    if function:
        body["function"] = function
    return _extra(call.extra_json, where) | body


def _tool(tool: pb.Tool, where: str) -> Object:
    extra = _extra(tool.extra_json, where)
    if tool.type and tool.type != "function":
        return extra | {"type": tool.type}
    function: Object = {"name": tool.name, **_said(tool, "description")}
    if tool.parameters_json:
        function["parameters"] = _json(tool.parameters_json, f"{where}.function.parameters")
    if tool.HasField("strict"):
        function["strict"] = tool.strict
    function = _extra(tool.function_extra_json, f"{where}.function") | function
    return extra | {"type": "function", "function": function}


def _tool_choice(choice: pb.ToolChoice) -> str | Object:
    match choice.WhichOneof("choice"):
        case "function":
            return {"type": "function", "function": {"name": choice.function}}
        case "other_json":
            return _extra(choice.other_json, "tool_choice")
        case _:
            return choice.mode or "auto"


def _response_format(form: pb.ResponseFormat) -> Object:
    body = _extra(form.extra_json, "response_format") | {"type": form.type}
    if form.type == "json_schema":
        where = "response_format.json_schema"
        schema: Object = {"name": form.name, **_said(form, "description")}
        if form.schema_json:
            schema["schema"] = _json(form.schema_json, f"{where}.schema")
        if form.HasField("strict"):
            schema["strict"] = form.strict
        body["json_schema"] = _extra(form.schema_extra_json, where) | schema
    return body


def _said(message: Any, *names: str) -> Object:
    """The text fields among `names` that are not empty."""
    return {name: value for name in names if (value := getattr(message, name))}


def _extra(text: str, where: str) -> Object:
    """The object in an `extra_json` field; known fields are laid over it."""
    value = _json(text, where) if text else {}
    if not isinstance(value, dict):
        raise InvalidRequest("the unknown fields of an object must be a JSON object", param=where)
    return value


def _json(text: str, where: str) -> Any:
    try:
        return orjson.loads(text) if _LONG_NUMBER.search(text) is None else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"invalid JSON: {error}", param=where) from None


def _shortest(number: float) -> float | int:
    """Whole numbers without a fraction, as OpenAI writes token biases."""
    return int(number) if number.is_integer() else number
