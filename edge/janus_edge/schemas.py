"""The answers of the HTTP surface, for its OpenAPI document and for the small endpoints.

Chats are not built from these: they are encoded straight from the events of the mesh.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    """May carry fields of a competitor's own."""

    model_config = ConfigDict(extra="allow")


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str = Field(description="One sentence for people.")
    type: str = Field(description="Class of error, such as `invalid_request_error`.")
    param: str | None = Field(description="The request field at fault.")
    code: str | None = Field(description="The particular error, such as `model_not_found`.")


class ErrorResponse(BaseModel):
    """The body of every error."""

    error: ErrorDetail


class Usage(_Open):
    """What an answer took."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost_usd: float | None = Field(default=None, description="US dollars.")
    sandbox_seconds: float | None = None


class CompletionMessage(_Open):
    """What the model said."""

    role: str
    content: str | None
    refusal: str | None
    reasoning_content: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    artifacts: list[dict[str, Any]] | None = Field(
        default=None, description="Files that the answer brings along."
    )


class CompletionChoice(_Open):
    """One of the `n` answers."""

    index: int
    message: CompletionMessage
    logprobs: dict[str, Any] | None
    finish_reason: str


class ChatCompletion(_Open):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[CompletionChoice]
    usage: Usage | None = None


class ChunkChoice(_Open):
    """News of one of the `n` answers."""

    index: int
    delta: dict[str, Any] = Field(
        description="Any of `role`, `content`, `reasoning_content`, `refusal`, `tool_calls`, and `janus`: "
        "a step of the answer's making, `{event, payload}`."
    )
    logprobs: dict[str, Any] | None
    finish_reason: str | None


class ChatCompletionChunk(_Open):
    """One event of a stream."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[ChunkChoice] = Field(description="Empty in the chunk that carries `usage`.")
    usage: dict[str, Any] | None = None


class ModelOrigin(BaseModel):
    """Who stands behind a model id."""

    competitor_ids: list[str]
    state: str = Field(description="State of the best of them, `healthy` for example.")
    description: str


class Model(BaseModel):
    """A name that can be asked for."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Always 0: competitors do not say when they were made.")
    owned_by: Literal["janus"] = "janus"
    janus: ModelOrigin


class ModelList(BaseModel):
    """Every name that can be asked for."""

    object: Literal["list"] = "list"
    data: list[Model]


class Health(BaseModel):
    """How the gateway is."""

    status: Literal["ok", "degraded"]
    version: str
    router: Literal["reachable", "unreachable"]
