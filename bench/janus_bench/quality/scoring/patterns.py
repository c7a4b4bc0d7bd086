"""Regular expressions over texts of others: RE2, whose time is linear in the text."""

from typing import Annotated, Literal

import re2
from pydantic import AfterValidator, Field

from janus_bench.quality.task import Answer, Score

from .rule import Means, Rule, verdict


def _compiles(pattern: str) -> str:
    compiled(pattern, ignore_case=False)
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]


def compiled(pattern: str, *, ignore_case: bool) -> "re2._Regexp[str]":
    """Raises `ValueError` for what RE2 does not take, such as look-arounds and back-references."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.dot_nl = True
    try:
        return re2.compile(f"(?m){pattern}", options)
    except re2.error as error:
        raise ValueError(f"is no RE2 pattern: {error}") from None


def found_in(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    return compiled(pattern, ignore_case=ignore_case).search(_clean(text)) is not None


def _clean(text: str) -> str:
    """Half of a character, which JSON may hold and UTF-8 may not, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


class Regex(Rule):
    """A pattern is found in the text, or is the whole of it; `none_of` must not be found.

    `.` takes newlines too, `^` and `$` are lines' ends.
    """

    kind: Literal["regex"]
    pattern: Pattern
    whole: bool = False
    ignore_case: bool = False
    none_of: tuple[Pattern, ...] = ()

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        text = answer.content.strip()
        for unwanted in self.none_of:
            if found_in(unwanted, text, ignore_case=self.ignore_case):
                return verdict(False, f"the pattern {unwanted!r} is found, which must not be")
        pattern = rf"\A(?:{self.pattern})\z" if self.whole else self.pattern
        right = found_in(pattern, text, ignore_case=self.ignore_case)
        return verdict(right, f"the pattern {self.pattern!r} is {'' if right else 'not '}found")
