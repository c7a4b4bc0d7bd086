r"""Numbers: which of those in an answer is the answer, and whether it is near enough.

In this order: the last `\boxed{...}`, the last `#### ...`, the last "answer is ..." or "answer: ...", the
last number at all. Thousands may be grouped by commas, underscores or unbreakable spaces; `3/4` is one too,
and so are the LaTeX forms of all these.
"""

import math
import re
import unicodedata
from typing import Literal

from pydantic import Field

from janus_bench.quality.task import Answer, Score

from . import latex
from .rule import Means, Rule, shortened, verdict

_NUMBER = (
    r"[-+]?(?:\d++(?:[,_\u2009\u202f\u00a0]\d{3}(?!\d))*+(?:\.\d++)?+|\.\d++)(?:[eE][-+]?\d{1,4}(?!\d))?+"
)
_VALUE = re.compile(
    rf"(?P<number>{_NUMBER})"
    r"(?:\s?(?:x|\\times)\s?10\s?\^\s?\{?(?P<power>[-+]?\d{1,4}+)\}?)?+"
    r"(?:\s?/\s?(?P<below>\d++(?:\.\d++)?+))?+"
    r"\s?(?P<unit>[%\u00b0A-Za-z\u00b5\u03a9\u20ac$\u00a3]*+)"
)
_MARKS = (
    re.compile(r"####\s?([^\n]{0,200})"),
    # `**Answer**: 42`, "the answer is 42", but not "the answer isn't 5".
    re.compile(
        r"(?i)(?<![A-Za-z0-9])answer(?:\s+is\b(?!['\u2019]|\s+not\b)|[*_]{0,3}\s*[:=])[*_]{0,3}\s*([^\n]{0,200})"
    ),
)
# The sign of an amount stands before the currency: -$5.
_AMOUNT = re.compile(r"([-+])\s?([$\u20ac\u00a3])\s?(?=[\d.])")
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2011": "-", "\u00d7": "x", "\u2044": "/"})
_NOISE = 1e-12  # of the arithmetic of fractions; whole numbers below 10^12 are compared exactly
_GROUPING = re.compile(r"[,_\u2009\u202f\u00a0]")


class Numeric(Rule):
    """A number within `tolerance` (absolute) or `relative` of `value`.

    `units` are what may stand behind it, with the factor that turns each into the unit of `value`. A number
    without a unit is taken to be in that of `value`; one with another unit is wrong.
    """

    kind: Literal["numeric"]
    value: float = Field(allow_inf_nan=False)
    tolerance: float = Field(0.0, ge=0, allow_inf_nan=False)
    relative: float = Field(0.0, ge=0, lt=1)
    where: Literal["anywhere", "last_line"] = "anywhere"
    units: dict[str, float] = Field({}, description="unit -> factor; by default units are not looked at.")

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        said = answer.content.strip()
        if self.where == "last_line":
            said = (said.splitlines() or [""])[-1]
        found = final_number(said)
        if found is None:
            return verdict(False, f"{shortened(answer.content)} holds no number")
        number, unit = found
        if self.units and unit:
            factor = self._factor(unit)
            if factor is None:
                return verdict(False, f"{number:g} is in {unit!r}, not in {' or '.join(self.units)}")
            number *= factor
        allowed = max(self.tolerance, self.relative * abs(self.value), _NOISE * max(1.0, abs(self.value)))
        right = math.isfinite(number) and abs(number - self.value) <= allowed
        return verdict(right, f"{number:g} {'is' if right else 'is not'} {self.value:g}", number=str(number))

    def _factor(self, unit: str) -> float | None:
        for name, factor in self.units.items():
            if name.casefold() == unit.casefold():
                return factor
        return None


def final_number(text: str) -> tuple[float, str] | None:
    """The number that a text ends up with, and the word right behind it."""
    said = unicodedata.normalize("NFC", text).translate(_SIGNS)
    boxes = [latex.plain(box) for box in latex.boxed(said)]
    said = _AMOUNT.sub(r"\2\1", latex.plain(said))
    for marked in (boxes, *(mark.findall(said) for mark in _MARKS)):
        numbers = [value for place in marked if (value := _first(_AMOUNT.sub(r"\2\1", place))) is not None]
        if numbers:
            return numbers[-1]
    return _last(said)


def _first(text: str) -> tuple[float, str] | None:
    """The first number behind the last equals sign: the answer of "the answer is 3 + 4 = 7"."""
    found = _VALUE.search(text.rpartition("=")[2])
    return _read(found) if found else None


def _last(text: str) -> tuple[float, str] | None:
    last = None
    for last in _VALUE.finditer(text):  # noqa: B007  # the last one is what is wanted
        pass
    return _read(last) if last else None


def _read(found: re.Match[str]) -> tuple[float, str]:
    number = float(_GROUPING.sub("", _signed(found)))
    if found["power"]:
        number *= math.pow(10.0, max(-400, min(300, int(found["power"]))))
    if found["below"]:
        below = float(found["below"])
        number = number / below if below else math.nan
    return number, found["unit"]


def _signed(found: re.Match[str]) -> str:
    """The number's text; a dash right behind a letter or digit, as in `8-3` or `B-2`, is no sign."""
    number, at = found["number"], found.start("number")
    joined = number[0] in "+-" and found.string[at - 1 : at].isalnum() and at > 0
    return number[1:] if joined else number
