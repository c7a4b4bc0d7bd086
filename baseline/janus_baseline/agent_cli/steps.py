"""What an agent in a sandbox says of its doings, read from the lines that the pack writes.

A line comes from inside a sandbox, so it is a stranger's word: one that is no step is the agent's talk.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

_MOST_CHARACTERS = 16_384
_Text = Annotated[str, Field(max_length=_MOST_CHARACTERS)]
_Name = Annotated[str, Field(max_length=200)]


class _Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Reasoning(_Step):
    """More of what the agent thinks or says on its way."""

    janus: Literal["reasoning"] = "reasoning"
    text: _Text


class AnswerText(_Step):
    """More of what it says to the user at its end."""

    janus: Literal["answer"] = "answer"
    text: _Text


class ToolStart(_Step):
    """A tool begins."""

    janus: Literal["tool_start"]
    id: _Name
    name: _Name
    arguments: dict[_Name, _Text] = Field(default_factory=dict, max_length=16)


class ToolEnd(_Step):
    """A tool has ended."""

    janus: Literal["tool_end"]
    id: _Name
    name: _Name
    ok: bool
    seconds: float = Field(ge=0, allow_inf_nan=False)
    characters: int = Field(ge=0)


Step = Reasoning | AnswerText | ToolStart | ToolEnd
_READER: TypeAdapter[Step] = TypeAdapter(Annotated[Step, Field(discriminator="janus")])


def step_of(line: str) -> Step:
    """The step that a line tells."""
    if line.startswith("{"):
        try:
            return _READER.validate_json(line)
        except ValidationError:
            pass  # it only looked like one
    return Reasoning(text=line[: _MOST_CHARACTERS - 1] + "\n")
