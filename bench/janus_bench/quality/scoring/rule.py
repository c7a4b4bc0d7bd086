"""What every scorer is: a frozen description of what is wanted, which judges an answer.

A rule is parsed from an item's `scoring` by `rules.parse_rule`, and holds all its parameters as types.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from janus_bench.quality.task import Answer, Score, Task

if TYPE_CHECKING:
    from .judging import Judge
    from .sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a rule may need beside the answer; what is None is not to be had here."""

    task: Task
    sandbox: "Sandbox | None"
    judge: "Judge | None"


class Rule(BaseModel, ABC):
    """One way of judging. It never raises for what an answer says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pass_mark: float = Field(1.0, gt=0, le=1, description="An answer of at least this value is right.")

    @abstractmethod
    async def judge(self, answer: Answer, means: Means, /) -> Score:
        """From 0 to 1. Raises `ScoringUnavailable` for what is missing here."""


def verdict(right: bool, explanation: str, **details: Any) -> Score:
    """All or nothing."""
    return Score(value=float(right), explanation=explanation, details=details)


def shortened(text: str, most: int = 80) -> str:
    """A piece of an answer for an explanation, on one line and quoted."""
    line = " ".join(text[: 4 * most].split())
    return repr(line if len(line) <= most else line[:most] + "…")
