"""Answers name the sources that bear what they say."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.scoring import judged, value

from janus_bench.quality.scoring import parse_rule


def cites(**more: Any) -> dict[str, Any]:
    return {"kind": "citation", "sources": ["1", "2", "doc-3"], **more}


@pytest.mark.parametrize(
    "text", ["So it is [1].", "So it is [1, 2].", "So [1][doc-3].", "So it is [2; 1]", "So it is.[1]"]
)
async def test_given_sources_may_be_cited_in_the_usual_forms(text: str) -> None:
    assert await value(cites(required=[["1"]]), text) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("So it is.", "cites nothing"),
        ("So it is [1][7].", "cites '7', which was not given"),
        ("So it is [2].", "does not cite 1"),
        ("So it is [1][doc-3].", "cites 'doc-3', which bears nothing here"),
    ],
)
async def test_what_is_wrong_with_the_sources_is_said(text: str, fault: str) -> None:
    score = await judged(cites(required=[["1"]], forbidden=["doc-3"]), text)
    assert (score.value, score.explanation) == (0, fault)


async def test_a_markdown_link_is_no_citation() -> None:
    assert await value(cites(), "See [1](https://example.org).") == 0


async def test_enough_sentences_must_cite() -> None:
    rule = cites(coverage=1.0)
    assert await value(rule, "It rains [1]. It snows. [2]") == 1
    assert await value(rule, "It rains [1]. It snows.") == 0
    assert await value({**rule, "coverage": 0.5}, "It rains [1]. It snows.") == 1


async def test_a_claim_is_borne_by_the_source_of_its_own_sentence() -> None:
    claims = [{"says": ["frogs"], "cites": ["1"]}, {"says": ["reeds", "reed beds"], "cites": ["2"]}]
    rule = cites(claims=claims)
    assert await value(rule, "It eats frogs [1]. It nests in reed beds [2].") == 1
    assert await value(rule, "It eats frogs [1]. It nests in reed beds [1].") == 0.5
    assert await value(rule, "It eats frogs [2]. It nests in reed beds [1].") == 0


async def test_addresses_are_cited_where_sources_have_them() -> None:
    rule = {"kind": "citation", "style": "url", "sources": ["https://example.org/a", "https://example.org/b"]}
    assert await value(rule, "So it is (https://example.org/a).") == 1
    assert await value(rule, "So it is, see [here](https://example.org/c).") == 0


def test_a_source_that_is_not_given_cannot_be_required() -> None:
    with pytest.raises(ValidationError, match="9 is none of them"):
        parse_rule(cites(required=[["9"]]))
