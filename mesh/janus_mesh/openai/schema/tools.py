"""Tools on offer, which of them is to be called, and the shape of the answer."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .messages import function_or_other
from .scalars import FunctionName, OpenObject


class Function(OpenObject):
    """A function that the model may call."""

    name: FunctionName
    """Name of the function: letters, digits, `_` and `-`, at most 64."""
    description: str | None = None
    """What it does, for the model."""
    parameters: dict[str, Any] | None = None
    """JSON Schema of its arguments."""
    strict: bool | None = None
    """Whether arguments must follow the schema exactly."""


class FunctionTool(OpenObject):
    """A function on offer."""

    type: Literal["function"]
    function: Function


class OtherTool(OpenObject):
    """A tool that is not a function; travels as it is."""

    type: Annotated[str, Field(json_schema_extra={"not": {"const": "function"}})]


Tool = Annotated[
    Annotated[FunctionTool, Tag("function")] | Annotated[OtherTool, Tag("other")],
    Discriminator(
        function_or_other,
        custom_error_type="wrong_form",
        custom_error_message="must be an object",
    ),
]


class ChosenFunction(OpenObject):
    """The function that must be called."""

    name: FunctionName
    """Name of the function."""


class FunctionChoice(OpenObject):
    """One function and no other."""

    type: Literal["function"]
    function: ChosenFunction


class OtherChoice(OpenObject):
    """Any other form, such as `allowed_tools`; travels as it is."""

    type: Annotated[str, Field(json_schema_extra={"not": {"const": "function"}})]


def _form_of_choice(value: object) -> str | None:
    return "mode" if isinstance(value, str) else function_or_other(value)


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("mode")]
    | Annotated[FunctionChoice, Tag("function")]
    | Annotated[OtherChoice, Tag("other")],
    Discriminator(
        _form_of_choice,
        custom_error_type="wrong_form",
        custom_error_message="must be none, auto, required, or an object",
    ),
]


class TextFormat(OpenObject):
    """Plain text."""

    type: Literal["text"]


class JsonObjectFormat(OpenObject):
    """Any JSON object."""

    type: Literal["json_object"]


class AnswerSchema(OpenObject):
    """A named JSON Schema."""

    name: FunctionName
    """Name of the schema: letters, digits, `_` and `-`, at most 64."""
    description: str | None = None
    """What the schema is for, for the model."""
    json_schema: dict[str, Any] | None = Field(None, alias="schema")
    """The JSON Schema."""
    strict: bool | None = None
    """Whether the answer must follow the schema exactly."""


class JsonSchemaFormat(OpenObject):
    """JSON that follows a schema."""

    type: Literal["json_schema"]
    json_schema: AnswerSchema


ResponseFormat = Annotated[
    TextFormat | JsonObjectFormat | JsonSchemaFormat,
    Field(discriminator="type"),
]
