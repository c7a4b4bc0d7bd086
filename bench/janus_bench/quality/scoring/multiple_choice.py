"""One option of several: which letter an answer means, however it says so."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from janus_bench.quality.task import Answer, Score

from . import latex
from .normalising import contains_words, normalized
from .rule import Means, Rule, shortened, verdict

Letter = Annotated[str, Field(pattern=r"^[A-Z]$")]

# A small letter that a word follows is an article, as in "the answer is a metal".
_LETTER = r"[*_(\[\s\"'`$]{0,6}([A-Z](?![A-Za-z0-9'\u2019])|[a-z](?![A-Za-z0-9'\u2019]|\s+\w))"
_SAID = re.compile(
    rf"(?i:(?<![A-Za-z0-9])(?:answer|choice|option)(?:\s+is\b|[*_]{{0,3}}\s?[:=]))\s*(?:(?i:option|choice)\s)?{_LETTER}"
)
# What follows a letter when a second one is offered beside it: "B or C", "B and C."
_SECOND = re.compile(
    r"[*_)\]\"'`$.]{0,6},?\s{0,3}(?:(?i:or|either)\s|/)\s{0,3}[*_(\[\"'`]{0,4}[A-Z](?![A-Za-z0-9'\u2019])"
    r"|[*_)\]\"'`$]{0,6},?\s{0,3}(?:(?i:and)\s|&)\s{0,3}[*_(\[\"'`]{0,4}[A-Z][*_)\]\"'`]{0,4}\s{0,3}(?:[.,;:!?\n]|$)"
)
_NAMED = re.compile(r"(?i:\b(?:answer|choice|option))\s[*_(\[\"'`]{0,4}([A-Z])(?![A-Za-z0-9'\u2019])")
_ALONE = re.compile(r"[\W_]*([A-Za-z])[\W_]*")
_LEADING = re.compile(r"[*_(\[\s\"'`]{0,6}([A-Z])[*_\"'`]{0,3}[).:\]][*_]{0,3}(?:\s|$)")
_TOKEN = re.compile(r"(?<![A-Za-z0-9'\u2019])([A-Z])(?![A-Za-z0-9'\u2019])")


class MultipleChoice(Rule):
    """The letter of the right option, or that option's text alone. Two different letters are no answer."""

    kind: Literal["multiple_choice"]
    options: dict[Letter, str] = Field(min_length=2)
    answer: Letter

    @model_validator(mode="after")
    def _offered(self) -> Self:
        if self.answer not in self.options:
            raise ValueError(f"answer: {self.answer} is none of the options")
        return self

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        chosen = choice(answer.content, self.options)
        if chosen is None:
            return verdict(False, f"{shortened(answer.content)} chooses no option")
        right = chosen == self.answer
        return verdict(right, f"chooses {chosen}; {self.answer} is right", chosen=chosen)


def choice(text: str, options: dict[str, str]) -> str | None:
    """The one letter that a text chooses; None for none, and for several."""
    said = _said(text)
    if said is not None and _SECOND.match(text, said.end(1)):
        return None
    for found in (
        _boxed(text),
        _alone(text),
        [said[1]] if said else [],
        _leading(text),
        sorted(set(_NAMED.findall(text))),
        _by_text(text, options),
        sorted(set(_TOKEN.findall(text)) - {"I"}),
    ):
        letters = [letter.upper() for letter in found if letter.upper() in options]
        if len(letters) == 1:
            return letters[0]
    return None


def _said(text: str) -> re.Match[str] | None:
    """The last "the answer is ..."."""
    last = None
    for last in _SAID.finditer(text):  # noqa: B007  # the last one is what is wanted
        pass
    return last


def _boxed(text: str) -> list[str]:
    """The letter in the last box, if a letter is all that it holds."""
    boxes = latex.boxed(text)[-1:]
    return [found[1] for box in boxes if (found := _ALONE.fullmatch(latex.plain(box)))]


def _alone(text: str) -> list[str]:
    """A letter that is the whole answer, or its last line."""
    lines = text.strip().splitlines() or [""]
    return [found[1] for line in (text.strip()[:40], lines[-1][:40]) if (found := _ALONE.fullmatch(line))][:1]


def _leading(text: str) -> list[str]:
    found = _LEADING.match(text.strip())
    return [found[1]] if found else []


def _by_text(text: str, options: dict[str, str]) -> list[str]:
    said = normalized(text)
    return [letter for letter, words in options.items() if contains_words(said, normalized(words))]
