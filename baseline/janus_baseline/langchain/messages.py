"""The conversation of a request as LangChain's messages."""

import json
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    FunctionMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from janus_mesh.errors import InvalidRequest
from janus_proto._gen.janus.chat.v1 import request_pb2 as pb


def conversation(request: pb.ChatRequest) -> list[BaseMessage]:
    """Every turn, oldest first. Raises `InvalidRequest`, which names the turn at fault."""
    if not request.messages:
        raise InvalidRequest("messages must hold at least one message", param="messages")
    return [_turn(message, f"messages[{index}]") for index, message in enumerate(request.messages)]


def _turn(message: pb.Message, place: str) -> BaseMessage:
    content = _content(message, place)
    match message.role:
        case pb.ROLE_SYSTEM | pb.ROLE_DEVELOPER:
            return SystemMessage(content)
        case pb.ROLE_USER:
            return HumanMessage(content, name=message.name or None)
        case pb.ROLE_ASSISTANT:
            return _assistant(message, content)
        case pb.ROLE_TOOL:
            return ToolMessage(content, tool_call_id=message.tool_call_id)
        case pb.ROLE_FUNCTION:
            return FunctionMessage(content=content, name=message.name)
    raise InvalidRequest(f"{place}.role: is not known", param=f"{place}.role")


def _assistant(message: pb.Message, content: Any) -> AIMessage:
    calls, broken = [], []
    for call in message.tool_calls:
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            arguments = None
        if isinstance(arguments, dict):
            calls.append(ToolCall(name=call.name, args=arguments, id=call.id, type="tool_call"))
        else:  # as the model wrote it
            broken.append(
                InvalidToolCall(
                    name=call.name, args=call.arguments, id=call.id, error=None, type="invalid_tool_call"
                )
            )
    return AIMessage(content, tool_calls=calls, invalid_tool_calls=broken)


def _content(message: pb.Message, place: str) -> Any:
    if message.WhichOneof("content") != "parts":
        return message.text
    return [_part(part, f"{place}.content[{index}]") for index, part in enumerate(message.parts.parts)]


def _part(part: pb.ContentPart, place: str) -> dict[str, Any]:
    match part.WhichOneof("part"):
        case "text":
            return {"type": "text", "text": part.text}
        case "refusal":
            return {"type": "text", "text": part.refusal}
        case "image_url":
            detail = {"detail": part.image_url.detail} if part.image_url.detail else {}
            return {"type": "image_url", "image_url": {"url": part.image_url.url, **detail}}
    raise InvalidRequest(f"{place}: this competitor reads text and pictures", param=place)
