"""From the JSON of `POST /v1/chat/completions` to the `ChatRequest` that travels on the mesh.

The JSON is parsed, validated and converted once. Fields that are unknown here go, as JSON text, into the
`extra_json` of the object that they stood in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from janus_mesh import strict_json
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb

from .schema import (
    AssistantMessage,
    AudioPart,
    ChatCompletionRequest,
    ContentPart,
    FilePart,
    FunctionChoice,
    FunctionTool,
    FunctionToolCall,
    ImagePart,
    JsonSchemaFormat,
    Message,
    OpenObject,
    OtherChoice,
    OtherPart,
    RefusalPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMessage,
    validate,
)

_ROLES: Final = {
    "system": pb.ROLE_SYSTEM,
    "developer": pb.ROLE_DEVELOPER,
    "user": pb.ROLE_USER,
    "assistant": pb.ROLE_ASSISTANT,
    "tool": pb.ROLE_TOOL,
    "function": pb.ROLE_FUNCTION,
}

# What Janus adds to an answer's message. Clients send it back with the history; it is not for competitors.
_JANUS_FIELD: Final = "janus"

# Of the standard library because it writes integers of any size.
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request, and what of it only concerns the HTTP side."""

    request: pb.ChatRequest
    stream: bool
    include_usage: bool


def parse_chat_request(body: bytes) -> ParsedRequest:
    """Parses a request body; raises `InvalidRequest`, with `param` where a field is at fault."""
    return read_chat_request(strict_json.parse(body))


def read_chat_request(value: object) -> ParsedRequest:
    """Reads a request of plain JSON values; raises as `parse_chat_request` does."""
    asked = validate(value)
    options = asked.stream_options
    return ParsedRequest(
        request=_request(asked),
        stream=bool(asked.stream),
        include_usage=options is not None and bool(options.include_usage),
    )


def _request(asked: ChatCompletionRequest) -> pb.ChatRequest:
    request = pb.ChatRequest(
        model=asked.model,
        competitor_id=asked.competitor_id or "",
        stream=bool(asked.stream),
        temperature=asked.temperature,
        top_p=asked.top_p,
        n=asked.n,
        stop=[asked.stop] if isinstance(asked.stop, str) else asked.stop,
        max_tokens=asked.max_tokens,
        max_completion_tokens=asked.max_completion_tokens,
        presence_penalty=asked.presence_penalty,
        frequency_penalty=asked.frequency_penalty,
        logit_bias=asked.logit_bias,
        logprobs=asked.logprobs,
        top_logprobs=asked.top_logprobs,
        seed=asked.seed,
        tools=[_tool(tool) for tool in asked.tools or ()],
        tool_choice=None if asked.tool_choice is None else _tool_choice(asked.tool_choice),
        parallel_tool_calls=asked.parallel_tool_calls,
        response_format=None if asked.response_format is None else _response_format(asked.response_format),
        reasoning_effort=asked.reasoning_effort or "",
        user=asked.user or "",
        metadata=asked.metadata,
        extra_json=_request_extra(asked),
    )
    # Messages are filled in place, because a message that is made apart is copied into its parent at
    # every level, and a picture may have 20 MB.
    for message in asked.messages:
        _fill_message(request.messages.add(), message)
    return request


def _request_extra(asked: ChatCompletionRequest) -> str:
    """`include_usage` is answered here; options of a stream that are unknown here still travel."""
    options = asked.stream_options
    if options is None or not options.model_extra:
        return _extra(asked)
    return _encode({**(asked.model_extra or {}), "stream_options": options.model_extra})


def _fill_message(out: pb.Message, message: Message) -> None:
    out.role = _ROLES[message.role]
    if message.name is not None:
        out.name = message.name
    if isinstance(message.content, str):
        out.text = message.content
    elif message.content is not None:
        for part in message.content:
            _fill_part(out.parts.parts.add(), part)
    if isinstance(message, ToolMessage):
        out.tool_call_id = message.tool_call_id
    elif isinstance(message, AssistantMessage):
        _fill_answer(out, message)
    out.extra_json = _message_extra(message)


def _message_extra(message: Message) -> str:
    extra = message.model_extra
    if extra and _JANUS_FIELD in extra and isinstance(message, AssistantMessage):
        extra = {name: value for name, value in extra.items() if name != _JANUS_FIELD}
    return _encode(extra) if extra else ""


def _fill_answer(out: pb.Message, message: AssistantMessage) -> None:
    if message.tool_calls:
        out.tool_calls.extend([_tool_call(call) for call in message.tool_calls])
    if message.refusal is not None:
        out.refusal = message.refusal
    if message.reasoning_content is not None:
        out.reasoning_content = message.reasoning_content


def _fill_part(out: pb.ContentPart, part: ContentPart) -> None:
    match part:
        case TextPart(text=text):
            out.text = text
        case RefusalPart(refusal=refusal):
            out.refusal = refusal
        case ImagePart(image_url=image):
            out.image_url.url = image.url
            out.image_url.detail = image.detail or ""
            out.image_url.extra_json = _extra(image)
        case AudioPart(input_audio=clip):
            out.input_audio.data = clip.data
            out.input_audio.format = clip.format
            out.input_audio.extra_json = _extra(clip)
        case FilePart(file=source):
            out.file.file_data = source.file_data or ""
            out.file.file_id = source.file_id or ""
            out.file.filename = source.filename or ""
            out.file.extra_json = _extra(source)
        case OtherPart():
            out.extra_json = _whole(part)
            return
    out.extra_json = _extra(part)


def _tool_call(call: ToolCall) -> pb.ToolCall:
    if not isinstance(call, FunctionToolCall):
        return pb.ToolCall(id=call.id, type=call.type, extra_json=_extra(call))
    return pb.ToolCall(
        id=call.id,
        type=call.type,
        name=call.function.name,
        arguments=call.function.arguments,
        extra_json=_extra(call),
        function_extra_json=_extra(call.function),
    )


def _tool(tool: Tool) -> pb.Tool:
    if not isinstance(tool, FunctionTool):
        return pb.Tool(type=tool.type, extra_json=_whole(tool))
    function = tool.function
    return pb.Tool(
        type=tool.type,
        name=function.name,
        description=function.description or "",
        parameters_json=_optional(function.parameters),
        strict=function.strict,
        extra_json=_extra(tool),
        function_extra_json=_extra(function),
    )


def _tool_choice(choice: ToolChoice) -> pb.ToolChoice:
    if isinstance(choice, str):
        return pb.ToolChoice(mode=choice)
    if isinstance(choice, OtherChoice) or _has_unknown_fields(choice):
        return pb.ToolChoice(other_json=_whole(choice))
    return pb.ToolChoice(function=choice.function.name)


def _has_unknown_fields(choice: FunctionChoice) -> bool:
    return bool(choice.model_extra or choice.function.model_extra)


def _response_format(shape: ResponseFormat) -> pb.ResponseFormat:
    if not isinstance(shape, JsonSchemaFormat):
        return pb.ResponseFormat(type=shape.type, extra_json=_extra(shape))
    wanted = shape.json_schema
    return pb.ResponseFormat(
        type=shape.type,
        name=wanted.name,
        description=wanted.description or "",
        schema_json=_optional(wanted.json_schema),
        strict=wanted.strict,
        extra_json=_extra(shape),
        schema_extra_json=_extra(wanted),
    )


def _extra(known: OpenObject) -> str:
    """The fields that the model of an object does not know."""
    return _encode(known.model_extra) if known.model_extra else ""


def _whole(known: OpenObject) -> str:
    """An object as it was sent."""
    return _encode(known.model_dump())


def _optional(value: Mapping[str, object] | None) -> str:
    return "" if value is None else _encode(value)
