"""Which words and letters a text uses."""

import re
from typing import Annotated, Literal

from pydantic import Field

from janus_bench.quality.scoring.normalising import contains_words, normalized

from .check import Check, Counted
from .lengths import lines_of, words_of

Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Includes(Check):
    """All of these words or phrases stand in it, in any case."""

    check: Literal["includes"]
    words: Texts

    def fault(self, text: str) -> str:
        said = normalized(text)
        missing = [word for word in self.words if not contains_words(said, normalized(word))]
        return f"{missing[0]!r} is missing" if missing else ""


class Excludes(Check):
    """None of these words or phrases stands in it, in any case."""

    check: Literal["excludes"]
    words: Texts

    def fault(self, text: str) -> str:
        said = normalized(text)
        found = [word for word in self.words if contains_words(said, normalized(word))]
        return f"{found[0]!r} is forbidden" if found else ""


class Occurrences(Counted):
    """A text, as it is spelt here, stands in it so often; letters and signs as well as words."""

    check: Literal["occurrences"]
    text: str = Field(min_length=1)
    ignore_case: bool = True

    def fault(self, text: str) -> str:
        count = text.casefold().count(self.text.casefold()) if self.ignore_case else text.count(self.text)
        return self.count_fault(count, f"times {self.text!r}")


class StartsWith(Check):
    check: Literal["starts_with"]
    text: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        return "" if text.strip().startswith(self.text) else f"does not start with {self.text!r}"


class EndsWith(Check):
    check: Literal["ends_with"]
    text: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        return "" if text.strip().endswith(self.text) else f"does not end with {self.text!r}"


class LetterCase(Check):
    """All letters are capitals, or none is; or every word begins with one."""

    check: Literal["case"]
    case: Literal["upper", "lower", "title"]

    def fault(self, text: str) -> str:
        if self.case == "title":
            small = [word for word in words_of(text) if word[0].islower()]
            return f"{small[0][:40]!r} begins with a small letter" if small else ""
        kept = text.isupper() if self.case == "upper" else text.islower()
        return "" if kept else f"is not all in {self.case} case"


class InOrder(Check):
    """These stand in it one after another, each behind the one before."""

    check: Literal["in_order"]
    words: Texts

    def fault(self, text: str) -> str:
        said, at = f" {normalized(text)} ", 0
        for word in self.words:
            found = said.find(f" {normalized(word)} ", at)
            if found < 0:
                return f"{word!r} is missing, or not in its place"
            at = found + len(normalized(word)) + 1
        return ""


class Acrostic(Check):
    """The first letters of its lines spell this."""

    check: Literal["acrostic"]
    word: str = Field(min_length=1)

    def fault(self, text: str) -> str:
        spelt = "".join(found[0] for line in lines_of(text) if (found := re.search(r"[^\W\d_]", line)))
        return "" if spelt.casefold() == self.word.casefold() else f"its lines begin with {spelt[:40]!r}"


class SortedLines(Check):
    """Its lines are in alphabetical order, without a doubled one."""

    check: Literal["sorted_lines"]

    def fault(self, text: str) -> str:
        lines = [normalized(line) for line in lines_of(text)]
        return "" if lines and lines == sorted(set(lines)) else "its lines are not in alphabetical order"
