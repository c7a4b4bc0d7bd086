"""OpenAI's chat completion request: its models, its JSON Schema, and the check that both describe.

What the schema says is what is enforced: a JSON body is refused if and only if the schema refuses it.
"""

from pydantic import ValidationError

from .content import AudioPart, ContentPart, FilePart, ImagePart, OtherPart, RefusalPart, TextPart
from .faults import invalid_request
from .messages import AssistantMessage, FunctionToolCall, Message, ToolCall, ToolMessage
from .request import ChatCompletionRequest, request_schema
from .scalars import OpenObject
from .tools import (
    FunctionChoice,
    FunctionTool,
    JsonSchemaFormat,
    OtherChoice,
    ResponseFormat,
    Tool,
    ToolChoice,
)

__all__ = [
    "AssistantMessage",
    "AudioPart",
    "ChatCompletionRequest",
    "ContentPart",
    "FilePart",
    "FunctionChoice",
    "FunctionTool",
    "FunctionToolCall",
    "ImagePart",
    "JsonSchemaFormat",
    "Message",
    "OpenObject",
    "OtherChoice",
    "OtherPart",
    "RefusalPart",
    "ResponseFormat",
    "TextPart",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolMessage",
    "request_schema",
    "validate",
]


def validate(value: object) -> ChatCompletionRequest:
    """The request that a parsed JSON body holds; raises `InvalidRequest` with the path of the fault."""
    try:
        return ChatCompletionRequest.model_validate(value)
    except ValidationError as error:
        raise invalid_request(error) from None
