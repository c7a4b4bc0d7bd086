"""Rules made of rules."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from janus_bench.quality.task import Answer, Score

from .rule import Means, Rule

if TYPE_CHECKING:
    from .rules import AnyRule


class Part(BaseModel):
    """One rule of several, and how much it counts. When a `needed` one fails, the whole is worth nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: "AnyRule"
    weight: float = Field(1.0, gt=0)
    needed: bool = False


class AllOf(Rule):
    """The weighted mean of its parts."""

    kind: Literal["all_of"]
    parts: tuple[Part, ...] = Field(min_length=1)

    async def judge(self, answer: Answer, means: Means, /) -> Score:
        scores: list[Score] = []
        for part in self.parts:
            score = await part.rule.judge(answer, means)
            if part.needed and score.value < part.rule.pass_mark:
                return Score(
                    value=0.0, explanation=score.explanation, details={"parts": _told([*scores, score])}
                )
            scores.append(score)
        total = sum(part.weight for part in self.parts)
        value = sum(score.value * part.weight for part, score in zip(self.parts, scores, strict=True)) / total
        worst = min(scores, key=lambda score: score.value)
        return Score(value=value, explanation=worst.explanation, details={"parts": _told(scores)})


class AnyOf(Rule):
    """The best of its rules."""

    kind: Literal["any_of"]
    rules: "tuple[AnyRule, ...]" = Field(min_length=1)

    async def judge(self, answer: Answer, means: Means, /) -> Score:
        scores = [await rule.judge(answer, means) for rule in self.rules]
        best = max(scores, key=lambda score: score.value)
        return Score(value=best.value, explanation=best.explanation, details={"parts": _told(scores)})


def _told(scores: list[Score]) -> list[dict[str, object]]:
    return [
        {"value": score.value, "explanation": score.explanation, "details": dict(score.details)}
        for score in scores
    ]
