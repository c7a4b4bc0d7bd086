"""The chat completion request as a whole, and its JSON Schema for the OpenAPI document."""

from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from janus_mesh.request_bounds import (
    MAX_LOGIT_BIAS,
    MAX_MESSAGES,
    MAX_METADATA,
    MAX_STOP,
    MAX_TOOLS,
    METADATA_KEY_CHARS,
    METADATA_VALUE_CHARS,
)

from .content import string_or_array
from .messages import Message
from .scalars import WHOLE, Identifier, OpenObject, Penalty, TokenLimit, Word
from .tools import ResponseFormat, Tool, ToolChoice

EXAMPLE: dict[str, Any] = {
    "model": "janus",
    "messages": [
        {"role": "system", "content": "You answer in one sentence."},
        {"role": "user", "content": "Why is the sky blue?"},
    ],
    "temperature": 0,
    "max_completion_tokens": 64,
    "stream": False,
}

Stop = Annotated[
    Annotated[str, Tag("string")]
    | Annotated[list[str], Field(fail_fast=True, min_length=1, max_length=MAX_STOP), Tag("array")],
    Discriminator(
        string_or_array,
        custom_error_type="wrong_form",
        custom_error_message="must be a string or an array of strings",
    ),
]


class StreamOptions(OpenObject):
    """How a stream is to be sent."""

    include_usage: bool | None = None
    """Whether a last chunk with `usage` and no choices is wanted."""


class ChatCompletionRequest(OpenObject):
    """A chat completion request as OpenAI defines it, plus `competitor_id`.

    A field that is null counts as absent. Fields that are not listed travel to the competitor as they are.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model: Identifier
    """Model, alias or competitor that is asked; `janus` lets the router choose."""
    messages: Annotated[list[Message], Field(fail_fast=True, min_length=1, max_length=MAX_MESSAGES)]
    """The conversation, oldest first."""
    competitor_id: Identifier | None = None
    """Competitor that must answer; without it `model` decides."""
    stream: bool | None = None
    """Whether the answer is wanted as server-sent events while it is made."""
    stream_options: StreamOptions | None = None
    """How the stream is to be sent."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Sampling temperature; 0 is deterministic."""
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    """Nucleus sampling mass."""
    n: Annotated[int, Field(ge=1, le=128), WHOLE] | None = None
    """Answers wanted."""
    stop: Stop | None = None
    """Sequences that end an answer."""
    max_tokens: TokenLimit | None = None
    """Limit of completion tokens (older name)."""
    max_completion_tokens: TokenLimit | None = None
    """Limit of completion tokens, reasoning included."""
    presence_penalty: Penalty | None = None
    """Penalty on tokens that are already there."""
    frequency_penalty: Penalty | None = None
    """Penalty on tokens by how often they occurred."""
    logit_bias: (
        Annotated[
            dict[str, Annotated[float, Field(ge=-100, le=100)]],
            Field(fail_fast=True, max_length=MAX_LOGIT_BIAS),
        ]
        | None
    ) = None
    """Bias by token id."""
    logprobs: bool | None = None
    """Whether log probabilities are wanted."""
    top_logprobs: Annotated[int, Field(ge=0, le=20), WHOLE] | None = None
    """Alternatives per position."""
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1), WHOLE] | None = None
    """Seed for repeatable sampling."""
    tools: Annotated[list[Tool], Field(fail_fast=True, max_length=MAX_TOOLS)] | None = None
    """Tools that the model may call."""
    tool_choice: ToolChoice | None = None
    """Which tool is to be called."""
    parallel_tool_calls: bool | None = None
    """Whether several tools may be called in one turn."""
    response_format: ResponseFormat | None = None
    """Shape of the answer."""
    reasoning_effort: Word | None = None
    """How hard to think: `minimal`, `low`, `medium`, `high`, or any word the competitor knows."""
    user: str | None = None
    """The end user, as the caller names them."""
    metadata: (
        Annotated[
            dict[
                Annotated[str, Field(max_length=METADATA_KEY_CHARS)],
                Annotated[str, Field(max_length=METADATA_VALUE_CHARS)],
            ],
            Field(fail_fast=True, max_length=MAX_METADATA),
        ]
        | None
    ) = None
    """Labels of the caller."""


class _PlainJsonSchema(GenerateJsonSchema):
    """Without titles that repeat a field's name and without defaults that say no more than absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # pydantic's interface
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        json_schema = super().default_schema(schema)
        if json_schema.get("default", 0) is None:
            del json_schema["default"]
        return json_schema


def request_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the request body; exactly what is enforced, for bodies that are JSON.

    References point to `#/components/schemas/...`. To embed it in an OpenAPI 3.1 document, move its
    `$defs` into the document's `components.schemas`, and put what remains there too, or inline into
    the operation as `requestBody.content["application/json"].schema`.
    """
    return ChatCompletionRequest.model_json_schema(
        ref_template="#/components/schemas/{model}", schema_generator=_PlainJsonSchema
    )
