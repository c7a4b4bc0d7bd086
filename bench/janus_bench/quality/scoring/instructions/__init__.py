"""Instructions whose keeping can be verified, in the manner of IFEval (arXiv 2311.07911)."""

from typing import Annotated, Literal

from pydantic import Field

from janus_bench.quality.scoring.rule import Means, Rule
from janus_bench.quality.task import Answer, Score

from .language import InLanguage
from .layout import (
    Fenced,
    Highlights,
    IsJson,
    NoMarkdown,
    Placeholders,
    Postscript,
    Quoted,
    Sections,
    Table,
    TitleMark,
)
from .lengths import (
    Bullets,
    Characters,
    Headings,
    Lines,
    NumberedItems,
    Paragraphs,
    Sentences,
    Words,
    WordsEachLine,
)
from .wording import (
    Acrostic,
    EndsWith,
    Excludes,
    Includes,
    InOrder,
    LetterCase,
    Occurrences,
    SortedLines,
    StartsWith,
)

AnyCheck = Annotated[
    Words
    | Characters
    | Sentences
    | Lines
    | Paragraphs
    | Bullets
    | NumberedItems
    | Headings
    | WordsEachLine
    | Includes
    | Excludes
    | Occurrences
    | StartsWith
    | EndsWith
    | LetterCase
    | InOrder
    | Acrostic
    | SortedLines
    | IsJson
    | NoMarkdown
    | Fenced
    | Table
    | Quoted
    | TitleMark
    | Placeholders
    | Highlights
    | Sections
    | Postscript
    | InLanguage,
    Field(discriminator="check"),
]


class InstructionFollowing(Rule):
    """The share of its checks that the text keeps; an empty text keeps none."""

    kind: Literal["instruction_following"]
    checks: tuple[AnyCheck, ...] = Field(min_length=1)

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        if not answer.content.strip():
            return Score(value=0.0, explanation="says nothing")
        faults = {f"{at}:{check.check}": check.fault(answer.content) for at, check in enumerate(self.checks)}
        broken = [fault for fault in faults.values() if fault]
        value = 1 - len(broken) / len(self.checks)
        said = "; ".join(broken) or "keeps all instructions"
        return Score(value=value, explanation=said, details={"checks": faults})
