"""The form of a text: JSON, tables, code, titles, sections."""

import re
from typing import Annotated, Literal

from pydantic import Field

from janus_bench.quality.scoring.bounds import NotJson, bounded_json
from janus_bench.quality.scoring.json_schema import json_text

from .check import Check, Counted

_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,80}\]")
_HIGHLIGHT = re.compile(r"\*\*[^*\n]{1,400}\*\*|(?<!\*)\*[^*\n]{1,400}\*(?!\*)")
_TITLE = re.compile(r"<<[^<>\n]{1,400}>>")
_RULE = re.compile(r"[ \t]{0,9}\|?[ \t]{0,9}:?-{3,}:?[ \t]{0,9}(?:\|[ \t]{0,9}:?-{3,}:?[ \t]{0,9})*\|?")
_POSTSCRIPT = re.compile(r"(?mi)^[ \t*_]{0,8}p\.\s?s\.?")


class IsJson(Check):
    """All of it is one JSON value, bare or fenced."""

    check: Literal["json"]

    def fault(self, text: str) -> str:
        try:
            bounded_json(json_text(text, prose=False))
        except NotJson as error:
            return f"is no JSON: {error}"
        return ""


class NoMarkdown(Check):
    """Plain text: no headings, emphasis, lists, fences or tables."""

    check: Literal["no_markdown"]

    def fault(self, text: str) -> str:
        for name, pattern in _MARKDOWN.items():
            if pattern.search(text):
                return f"holds {name}"
        return ""


_MARKDOWN = {
    "a heading": re.compile(r"(?m)^#{1,6}[ \t]"),
    "emphasis": re.compile(r"\*\*|__"),
    "a list": re.compile(r"(?m)^[ \t]{0,12}[-*+][ \t]"),
    "a fence or code": re.compile(r"`"),
    "a table": re.compile(r"(?m)^[ \t]{0,12}\|"),
}


class Fenced(Check):
    """It holds a fenced block of this language."""

    check: Literal["fenced"]
    language: str

    def fault(self, text: str) -> str:
        opened = f"```{self.language}".casefold()
        found = any(line.strip().casefold() == opened for line in text.splitlines())
        return "" if found and text.count("```") >= 2 else f"holds no block of {self.language}"


class Table(Check):
    """A markdown table with this many columns, and rows below its heading."""

    check: Literal["table"]
    columns: int = Field(ge=1)
    rows: int = Field(ge=1)

    def fault(self, text: str) -> str:
        lines = [line.strip() for line in text.splitlines()]
        marks = [at for at, line in enumerate(lines) if "|" in line and _RULE.fullmatch(line)]
        if len(marks) != 1 or marks[0] == 0:
            return "holds no table, or several"
        body: list[str] = []
        for line in lines[marks[0] + 1 :]:
            if "|" not in line:
                break
            body.append(line)
        if len(body) != self.rows:
            return f"its table has {len(body)} rows, not {self.rows}"
        wrong = [line for line in (lines[marks[0] - 1], *body) if _columns(line) != self.columns]
        return f"its table has {_columns(wrong[0])} columns in a row, not {self.columns}" if wrong else ""


def _columns(line: str) -> int:
    return len(line.strip().strip("|").split("|"))


class Quoted(Check):
    """All of it stands in double quotation marks."""

    check: Literal["quoted"]

    def fault(self, text: str) -> str:
        said = text.strip()
        return "" if len(said) > 2 and said[0] in '"“' and said[-1] in '"”' else "is not in quotation marks"


class TitleMark(Check):
    """A title in double angular brackets, such as <<Spring>>."""

    check: Literal["title_mark"]

    def fault(self, text: str) -> str:
        return "" if _TITLE.search(text) else "holds no <<title>>"


class Placeholders(Counted):
    """Places to fill in, such as [address]."""

    check: Literal["placeholders"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(_PLACEHOLDER.findall(text)), "placeholders")


class Highlights(Counted):
    """Parts between *asterisks*."""

    check: Literal["highlights"]

    def fault(self, text: str) -> str:
        return self.count_fault(len(_HIGHLIGHT.findall(text)), "highlighted parts")


class Sections(Check):
    """Lines that are just these headings, in this order; marks of markdown around them are ignored."""

    check: Literal["sections"]
    headings: Annotated[tuple[str, ...], Field(min_length=1)]

    def fault(self, text: str) -> str:
        found = [line.strip(" \t#*_:").casefold() for line in text.splitlines()]
        at = 0
        for heading in self.headings:
            if heading.casefold() not in found[at:]:
                return f"the section {heading!r} is missing, or not in its place"
            at = found.index(heading.casefold(), at) + 1
        return ""


class Postscript(Check):
    """A line that begins with P.S."""

    check: Literal["postscript"]

    def fault(self, text: str) -> str:
        return "" if _POSTSCRIPT.search(text) else "holds no P.S."
