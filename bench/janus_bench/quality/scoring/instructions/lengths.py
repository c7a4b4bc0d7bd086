"""How long a text is, and of how many pieces."""

import re
from typing import Literal

from pydantic import Field

from .check import Counted

_WORD = re.compile(r"[^\W_]+(?:(?:['\u2019.\-]|(?<=\d),(?=\d))[^\W_]+)*")
_SENTENCE_END = re.compile(r"(?<![.!?])[.!?]++[\"'”\u2019)*_\]]{0,3}(?:\s|$)|[。\uff01\uff1f]")
_BULLET = re.compile(r"(?m)^[ \t]{0,12}[-*+•][ \t]+\S")
_NUMBERED = re.compile(r"(?m)^[ \t]{0,12}\d{1,4}[.)][ \t]+\S")
_HEADING = re.compile(r"(?m)^#{1,6}[ \t]+\S")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class Words(Counted):
    check: Literal["words"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(words_of(text)), "words")


class Characters(Counted):
    check: Literal["characters"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(text.strip()), "characters")


class Sentences(Counted):
    check: Literal["sentences"]

    def fault(self, text: str) -> str:
        ends = len(_SENTENCE_END.findall(text.strip()))
        rest = _SENTENCE_END.split(text.strip())[-1]
        return self.count_fault(ends + bool(words_of(rest)), "sentences")


class Lines(Counted):
    """Lines that are not empty."""

    check: Literal["lines"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(lines_of(text)), "lines")


class Paragraphs(Counted):
    """Pieces between empty lines, or between lines that are `separator`."""

    check: Literal["paragraphs"]
    separator: str = Field("", description="Such as ***; by default an empty line.")

    def fault(self, text: str) -> str:
        if self.separator:
            pieces = "\n".join(line.strip() for line in text.splitlines()).split(f"\n{self.separator}\n")
        else:
            pieces = _PARAGRAPH.split(text)
        return self.count_fault(sum(1 for piece in pieces if piece.strip()), "paragraphs")


class Bullets(Counted):
    check: Literal["bullets"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(_BULLET.findall(text)), "bullet points")


class NumberedItems(Counted):
    check: Literal["numbered_items"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(_NUMBERED.findall(text)), "numbered items")


class Headings(Counted):
    """Markdown headings."""

    check: Literal["headings"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(_HEADING.findall(text)), "headings")


class WordsEachLine(Counted):
    """Every line that is not empty has so many words."""

    check: Literal["words_each_line"]

    def fault(self, text: str) -> str:
        for line in lines_of(text):
            if fault := self.count_fault(len(words_of(line)), "words in a line"):
                return fault
        return "" if lines_of(text) else "no lines"
