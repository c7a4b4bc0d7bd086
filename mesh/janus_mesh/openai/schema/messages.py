"""The turns of a conversation, one model per role."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from janus_mesh.request_bounds import MAX_TOOL_CALLS

from .content import Content
from .scalars import OpenObject, Text


class SystemMessage(OpenObject):
    """Instructions of the application (older name)."""

    role: Literal["system"]
    content: Content
    """The instructions."""
    name: Text | None = None
    """Name of the speaker, to tell several of one role apart."""


class DeveloperMessage(OpenObject):
    """Instructions of the application."""

    role: Literal["developer"]
    content: Content
    """The instructions."""
    name: Text | None = None
    """Name of the speaker, to tell several of one role apart."""


class UserMessage(OpenObject):
    """What the person says."""

    role: Literal["user"]
    content: Content
    """What is said."""
    name: Text | None = None
    """Name of the speaker, to tell several of one role apart."""


class ToolMessage(OpenObject):
    """The result of a tool call."""

    role: Literal["tool"]
    content: Content
    """The result."""
    tool_call_id: str
    """Id of the call that this answers."""
    name: Text | None = None
    """Name of the tool."""


class FunctionMessage(OpenObject):
    """The result of a function call (older form of `tool`)."""

    role: Literal["function"]
    content: Content | None
    """The result; null when the function returned none."""
    name: Text
    """Name of the function."""


class CalledFunction(OpenObject):
    """A function and what it is called with."""

    name: str
    """Name of the function."""
    arguments: str
    """Arguments as the model wrote them: JSON text, which may be invalid."""


class FunctionToolCall(OpenObject):
    """A call of a function."""

    type: Literal["function"]
    id: str
    """Id that the result refers to."""
    function: CalledFunction


class OtherToolCall(OpenObject):
    """A call of a tool that is not a function; travels as it is."""

    type: Annotated[str, Field(json_schema_extra={"not": {"const": "function"}})]
    id: str
    """Id that the result refers to."""


def function_or_other(value: object) -> str | None:
    """The tag, for unions of what has type `function` and what has any other type."""
    if not isinstance(value, dict):
        return None
    return "function" if value.get("type") == "function" else "other"


ToolCall = Annotated[
    Annotated[FunctionToolCall, Tag("function")] | Annotated[OtherToolCall, Tag("other")],
    Discriminator(
        function_or_other,
        custom_error_type="wrong_form",
        custom_error_message="must be an object",
    ),
]

# What an assistant's turn may consist of, each with the JSON type that it must have to count.
_SUBSTANCE: dict[str, dict[str, Any]] = {
    "content": {"type": ["string", "array"]},
    "tool_calls": {"type": "array", "minItems": 1},
    "refusal": {"type": "string"},
    "reasoning_content": {"type": "string"},
    "function_call": {"type": "object"},
    "audio": {"type": "object"},
    "artifacts": {"type": "array"},
}


class AssistantMessage(OpenObject):
    """What the model said, called or refused; `content` may be null when another of these is there."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {name: schema}, "required": [name]} for name, schema in _SUBSTANCE.items()
            ]
        }
    )

    role: Literal["assistant"]
    content: Content | None = None
    """What was said."""
    name: Text | None = None
    """Name of the speaker, to tell several of one role apart."""
    tool_calls: Annotated[list[ToolCall], Field(fail_fast=True, max_length=MAX_TOOL_CALLS)] | None = None
    """Calls that the model made in this turn."""
    refusal: str | None = None
    """What the model said instead of an answer."""
    reasoning_content: str | None = None
    """The model's reasoning in this turn."""

    @model_validator(mode="after")
    def _has_substance(self) -> Self:
        if self.content is None and not (self._speaks() or self._brings_unknown_substance()):
            raise PydanticCustomError(
                "no_substance", "is required in an assistant's turn without tool_calls or a refusal"
            )
        return self

    def _speaks(self) -> bool:
        return bool(self.tool_calls) or self.refusal is not None or self.reasoning_content is not None

    def _brings_unknown_substance(self) -> bool:
        extra = self.model_extra or {}
        return (
            isinstance(extra.get("function_call"), dict)
            or isinstance(extra.get("audio"), dict)
            or isinstance(extra.get("artifacts"), list)
        )


Message = Annotated[
    SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage,
    Field(discriminator="role"),
]
