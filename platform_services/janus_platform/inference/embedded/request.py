"""A chat completion request, as far as the embedded model can honour it. Other fields are ignored."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)  # no coercion: "1" is no number


def _as_parts(content: object) -> object:
    """Text alone is one part; null is none."""
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _as_list(stop: object) -> object:
    if stop is None:
        return []
    return [stop] if isinstance(stop, str) else stop


def _as_choice(choice: object) -> object:
    return {"mode": choice} if isinstance(choice, str) else choice


class Part(_Strict):
    """A piece of a message; only `text` and `refusal` are words."""

    type: str
    text: str | None = None
    refusal: str | None = None


class CalledFunction(_Strict):
    name: str
    arguments: str


class ToolCall(_Strict):
    id: str
    function: CalledFunction


class Message(_Strict):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[list[Part], BeforeValidator(_as_parts)] = []
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class Function(_Strict):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None  # a JSON Schema


class Tool(_Strict):
    type: Literal["function"]
    function: Function


class ChosenFunction(_Strict):
    name: str


class ToolChoice(_Strict):
    """`none`, `auto`, `required`, or one function."""

    mode: Literal["none", "auto", "required"] | None = None
    type: Literal["function"] | None = None
    function: ChosenFunction | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.mode is None) == (self.function is None):
            raise ValueError("must be none, auto, required, or an object that names a function")
        return self


class JsonSchema(_Strict):
    name: str = ""
    schema_: dict[str, Any] = Field(default_factory=dict, alias="schema")


class ResponseFormat(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _schema_given(self) -> Self:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("json_schema is required with this type")
        return self


class StreamOptions(_Strict):
    include_usage: bool | None = None


class ChatRequest(_Strict):
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, ge=1, le=128)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: FiniteFloat | None = Field(None, ge=0, le=2)
    top_p: FiniteFloat | None = Field(None, ge=0, le=1)
    presence_penalty: FiniteFloat | None = Field(None, ge=-2, le=2)
    frequency_penalty: FiniteFloat | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, FiniteFloat] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    seed: int | None = None
    stop: Annotated[list[str], BeforeValidator(_as_list)] = []
    tools: list[Tool] | None = None
    tool_choice: Annotated[ToolChoice | None, BeforeValidator(_as_choice)] = None
    response_format: ResponseFormat | None = None

    @property
    def choices(self) -> int:
        return self.n or 1

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)
