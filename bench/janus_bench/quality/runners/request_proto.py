"""From a suite's request body to the `ChatRequest` of the mesh.

Suites are parsed where they are read, so this trusts their shape and names the field that has none here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import orjson

from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

from .target import Target

_ROLES: Final = {
    "system": pb.ROLE_SYSTEM,
    "developer": pb.ROLE_DEVELOPER,
    "user": pb.ROLE_USER,
    "assistant": pb.ROLE_ASSISTANT,
    "tool": pb.ROLE_TOOL,
}
_PLAIN: Final = (
    *("temperature", "top_p", "n", "max_tokens", "max_completion_tokens", "seed", "user", "metadata"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"),
    *("parallel_tool_calls", "reasoning_effort"),
)
_SHAPED: Final = ("messages", "stop", "tools", "tool_choice", "response_format")
BuiltT = TypeVar("BuiltT")
_OWN: Final = ("model", "stream", "stream_options", "competitor_id")


def chat_request(request: Mapping[str, Any], target: Target) -> pb.ChatRequest:
    """Raises `InvalidRequest` with the `param` that cannot be carried."""
    known = {name: request[name] for name in _PLAIN if request.get(name) is not None}
    extra = {name: value for name, value in request.items() if name not in (*_PLAIN, *_SHAPED, *_OWN)}
    stop = request.get("stop")
    asked = _built(
        "request",
        lambda: pb.ChatRequest(
            model=target.model,
            competitor_id=target.competitor_id,
            stream=True,
            stop=[stop] if isinstance(stop, str) else stop,
            extra_json=_json(extra) if extra else "",
            **known,
        ),
    )
    for number, message in enumerate(request.get("messages", ())):
        asked.messages.append(_built(f"messages[{number}]", partial(_message, message)))
    for number, tool in enumerate(request.get("tools") or ()):
        asked.tools.append(_built(f"tools[{number}]", partial(_tool, tool)))
    if (choice := request.get("tool_choice")) is not None:
        asked.tool_choice.CopyFrom(_built("tool_choice", partial(_tool_choice, choice)))
    if (shape := request.get("response_format")) is not None:
        asked.response_format.CopyFrom(_built("response_format", partial(_response_format, shape)))
    return asked


def _built(param: str, build: Callable[[], BuiltT]) -> BuiltT:
    try:
        return build()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"{param} cannot be sent over gRPC: {error!r}", param=param) from None


def _message(message: Mapping[str, Any]) -> pb.Message:
    out = pb.Message(
        role=_ROLES[message["role"]],
        name=message.get("name") or "",
        tool_call_id=message.get("tool_call_id") or "",
        tool_calls=[_tool_call(call) for call in message.get("tool_calls") or ()],
    )
    content = message.get("content")
    if isinstance(content, str):
        out.text = content
    elif content is not None:
        out.parts.parts.extend([_part(part) for part in content])
    return out


def _part(part: Mapping[str, Any]) -> pb.ContentPart:
    kind = part["type"]
    if kind == "text":
        return pb.ContentPart(text=part["text"])
    body = part[kind]
    shapes: dict[str, Callable[[], pb.ContentPart]] = {
        "image_url": lambda: pb.ContentPart(
            image_url=pb.ImageUrl(url=body["url"], detail=body.get("detail") or "")
        ),
        "input_audio": lambda: pb.ContentPart(
            input_audio=pb.InputAudio(data=body["data"], format=body["format"])
        ),
        "file": lambda: pb.ContentPart(
            file=pb.File(
                file_data=body.get("file_data") or "",
                file_id=body.get("file_id") or "",
                filename=body.get("filename") or "",
            )
        ),
    }
    return shapes[kind]()


def _tool_call(call: Mapping[str, Any]) -> pb.ToolCall:
    function = call["function"]
    return pb.ToolCall(
        id=call["id"], type=call["type"], name=function["name"], arguments=function["arguments"]
    )


def _tool(tool: Mapping[str, Any]) -> pb.Tool:
    function = tool["function"]
    parameters = function.get("parameters")
    return pb.Tool(
        type=tool["type"],
        name=function["name"],
        description=function.get("description") or "",
        parameters_json="" if parameters is None else _json(parameters),
        strict=function.get("strict"),
    )


def _tool_choice(choice: Any) -> pb.ToolChoice:
    if isinstance(choice, str):
        return pb.ToolChoice(mode=choice)
    if choice.get("type") == "function":
        return pb.ToolChoice(function=choice["function"]["name"])
    return pb.ToolChoice(other_json=_json(choice))


def _response_format(shape: Mapping[str, Any]) -> pb.ResponseFormat:
    wanted = shape.get("json_schema") or {}
    schema = wanted.get("schema")
    return pb.ResponseFormat(
        type=shape["type"],
        name=wanted.get("name") or "",
        description=wanted.get("description") or "",
        schema_json="" if schema is None else _json(schema),
        strict=wanted.get("strict"),
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
