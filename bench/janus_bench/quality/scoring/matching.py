"""Texts that must be given: to the letter (`exact`), or as they are commonly spelt (`match`)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from janus_bench.quality.task import Answer, Score

from .normalising import contains_words, normalized
from .rule import Means, Rule, shortened, verdict

Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


def _not_blank(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        if not normalized(text):
            raise ValueError(f"{text!r} holds neither letters nor digits, and would match any text like it")
    return texts


Words = Annotated[Texts, AfterValidator(_not_blank)]


class Exact(Rule):
    """The text is one of these, character by character; only spaces around it are cut off."""

    kind: Literal["exact"]
    any_of: Texts

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        said = answer.content.strip()
        right = any(said == wanted.strip() for wanted in self.any_of)
        return verdict(right, f"{shortened(said)} is {'one' if right else 'none'} of the accepted texts")


class Match(Rule):
    """One of these texts is given, whatever its case, punctuation, accents and articles.

    `where` says what of the answer must be it: the `whole`, its `last_line`, or any words in it (`contains`).
    """

    kind: Literal["match"]
    any_of: Words
    where: Literal["whole", "last_line", "contains"] = "whole"
    none_of: tuple[str, ...] = Field((), description="Words that must not stand anywhere in the answer.")

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        said = normalized(answer.content)
        for unwanted in self.none_of:
            if contains_words(said, normalized(unwanted)):
                return verdict(False, f"holds {unwanted!r}, which it must not")
        if self.where == "last_line":
            said = normalized((answer.content.strip().splitlines() or [""])[-1])
        for wanted in self.any_of:
            if self._is(said, normalized(wanted)):
                return verdict(True, f"gives {wanted!r}", matched=wanted)
        return verdict(False, f"{shortened(answer.content)} gives none of the accepted texts")

    def _is(self, said: str, wanted: str) -> bool:
        return contains_words(said, wanted) if self.where == "contains" else said == wanted
