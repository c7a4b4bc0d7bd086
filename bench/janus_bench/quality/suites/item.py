"""The form of one line of a suite; `item.schema.json` is made from it by `schema.py`."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from janus_bench.quality.scoring import AnyRule

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Modality = Literal["text", "image", "audio", "file", "artifact"]
Role = Literal["system", "developer", "user", "assistant", "tool"]

_RUNNERS_OWN = ("model", "stream", "stream_options", "competitor_id")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CallLine(_Strict):
    """A tool call of an answer; arguments as an object, or as the text that a model would write."""

    name: str
    arguments: dict[str, Any] | str = Field(default_factory=dict)


class ArtifactLine(_Strict):
    """A file of an answer: one of `asset` (a file beside the suite), `text` and `base64`."""

    name: str
    mime_type: str
    asset: str | None = None
    text: str | None = None
    base64: str | None = None
    sha256: str | None = Field(None, description="What it claims; by default the truth.")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if sum(content is not None for content in (self.asset, self.text, self.base64)) != 1:
            raise ValueError("one of asset, text and base64 is needed")
        return self


class AnswerLine(_Strict):
    """An answer that is more than a text."""

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[CallLine, ...] = ()
    artifacts: tuple[ArtifactLine, ...] = ()
    finish_reason: str | None = None


class MessageLine(BaseModel):
    """A message of the request; what else it holds is passed on as it is."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: Role
    content: str | list[dict[str, Any]] | None = None


class RequestLine(BaseModel):
    """An OpenAI request body, less what the runner sets; the temperature is 0 unless it is given."""

    model_config = ConfigDict(frozen=True, extra="allow")

    messages: Annotated[tuple[MessageLine, ...], Field(min_length=1)] | None = None
    temperature: float = Field(0.0, ge=0, le=2)

    @model_validator(mode="after")
    def _without_the_runners(self) -> Self:
        for name in _RUNNERS_OWN:
            if name in (self.model_extra or {}):
                raise ValueError(f"{name} is set by the runner")
        return self


class Item(_Strict):
    """One task. A `prompt` is the only user message; else the `request` brings its own messages.

    Pictures beside the suite are named `asset:NAME` where a URL stands.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")
    benchmark: Name
    category: Name
    prompt: str | None = Field(None, min_length=1)
    request: RequestLine = Field(default_factory=lambda: RequestLine.model_validate({}))
    scoring: AnyRule
    accepted: Annotated[tuple[str | AnswerLine, ...], Field(min_length=1)]
    rejected: tuple[str | AnswerLine, ...] = ()
    modalities: Annotated[frozenset[Modality], Field(min_length=1)] = frozenset({"text"})
    source: str = "janus"
    licence: str = "own"

    @field_validator("prompt")
    @classmethod
    def _says_something(cls, prompt: str | None) -> str | None:
        if prompt is not None and not prompt.strip():
            raise ValueError("is empty")
        return prompt

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        if (self.prompt is None) == (self.request.messages is None):
            raise ValueError("prompt: either it or request.messages is needed, not both")
        return self
