"""Citations: an answer names the sources that it was given, for the claims that they bear."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from janus_bench.quality.task import Answer, Score

from .normalising import contains_words, normalized
from .rule import Means, Rule, verdict

# [1], [1, 3], [2][4], [doc-7]; a markdown link's text is none.
_BRACKETS = re.compile(r"\[\^?([A-Za-z0-9][A-Za-z0-9_.:\-, ;]{0,80})\](?!\()")
_SEPARATORS = re.compile(r"[,;]\s*|\s+")
_URLS = re.compile(r"https?://[^\s<>()\[\]\"'`]{1,2000}")
_SENTENCE = re.compile(r"(?<=[.!?])(?:(?=\s*\[)|\s+(?=[^\s\[]))|\n+")
_WORDS = re.compile(r"[^\W\d_]{2,}")

Sources = Annotated[tuple[str, ...], Field(min_length=1)]


class Claim(BaseModel):
    """A sentence that says one of `says` cites one of `cites`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: Sources
    cites: Sources


class Citation(Rule):
    """Sources are cited as `[id]`, or by their addresses (`style: url`), and only those that were given.

    `coverage` is the least share of sentences that cite one. The value is the share of claims that are borne
    out; it is zero when a source is invented, when too few sentences cite, or when nothing is cited at all.
    """

    kind: Literal["citation"]
    sources: Sources
    style: Literal["bracket", "url"] = "bracket"
    required: tuple[Sources, ...] = Field((), description="Of each group, at least one is cited somewhere.")
    forbidden: frozenset[str] = Field(frozenset(), description="Given sources that bear nothing here.")
    claims: tuple[Claim, ...] = ()
    coverage: float = Field(0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _given(self) -> Self:
        named = {source for group in self.required for source in group} | self.forbidden
        named |= {source for claim in self.claims for source in claim.cites}
        if unknown := named - set(self.sources):
            raise ValueError(f"sources: {', '.join(sorted(unknown))} is none of them")
        return self

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        cited = self._cited(answer.content)
        sentences = _sentences(answer.content)
        if fault := self._fault(cited, sentences):
            return verdict(False, fault, cited=sorted(cited)[:50])
        unborne = [claim for claim in self.claims if not self._borne(claim, sentences)]
        if not unborne:
            return verdict(True, "cites what was given", cited=sorted(cited))
        share = 1 - len(unborne) / len(self.claims)
        wanted = f"no sentence says {unborne[0].says[0]!r} and cites {' or '.join(unborne[0].cites)}"
        return Score(value=share, explanation=wanted, details={"cited": sorted(cited)})

    def _fault(self, cited: set[str], sentences: list[str]) -> str:
        if not cited:
            return "cites nothing"
        if invented := cited - set(self.sources):
            return f"cites {min(invented)[:80]!r}, which was not given"
        if wrong := cited & self.forbidden:
            return f"cites {min(wrong)!r}, which bears nothing here"
        for group in self.required:
            if not cited.intersection(group):
                return f"does not cite {' or '.join(group)}"
        bare = [sentence for sentence in sentences if not self._cited(sentence)]
        if sentences and 1 - len(bare) / len(sentences) < self.coverage:
            return f"{len(bare)} of {len(sentences)} sentences cite nothing"
        return ""

    def _borne(self, claim: Claim, sentences: list[str]) -> bool:
        wanted = [normalized(text) for text in claim.says]
        return any(
            any(contains_words(normalized(sentence), text) for text in wanted)
            and self._cited(sentence).intersection(claim.cites)
            for sentence in sentences
        )

    def _cited(self, text: str) -> set[str]:
        if self.style == "url":
            return {address.rstrip(".,;:!?*/") for address in _URLS.findall(text)}
        return {one for group in _BRACKETS.findall(text) for one in _SEPARATORS.split(group) if one}


def _sentences(text: str) -> list[str]:
    """Sentences with the citations right behind their full stops; list marks and bare headings are none."""
    sentences: list[str] = []
    for piece in (_strip(piece) for piece in _SENTENCE.split(text) if piece):
        if piece.startswith("[") and sentences and not _WORDS.search(_BRACKETS.sub("", piece)):
            sentences[-1] += f" {piece}"
        elif _WORDS.search(piece):
            sentences.append(piece)
    return sentences


def _strip(piece: str) -> str:
    return piece.strip().lstrip("-*#> ").strip()
