"""Texts that must be given, to the letter, as they are commonly spelt, or by a pattern."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.scoring import judged, value

from janus_bench.quality.scoring import parse_rule
from janus_bench.quality.scoring.normalising import normalized


def match(*any_of: str, **more: Any) -> dict[str, Any]:
    return {"kind": "match", "any_of": list(any_of), **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Eiffel Tower", "eiffel tower"),
        ("**Paris.**", "paris"),
        ("São Paulo", "Sao Paulo"),
        ("ﬁre", "fire"),
        ("Straße", "STRASSE"),
        ("rock 'n' roll", "rock n roll"),
        ("1,234.5", "1234.5"),
        ("\u22125", "-5"),
        ("don\u2019t", "don't"),
    ],
)
def test_what_differs_in_spelling_alone_is_the_same(one: str, other: str) -> None:
    assert normalized(one) == normalized(other)


@pytest.mark.parametrize(
    ("one", "other"), [("-5", "5"), ("1.5", "15"), ("1.5", "1 5"), ("か", "が"), ("a", ""), ("he", "the he")]
)
def test_what_means_something_else_is_not(one: str, other: str) -> None:
    assert (normalized(one) == normalized(other)) == (one == "he")


async def test_exact_text_is_compared_by_character() -> None:
    rule = {"kind": "exact", "any_of": ["ab c", "d"]}
    assert await value(rule, " ab c\n") == 1
    assert await value(rule, "Ab c") == 0


async def test_a_match_is_the_whole_answer_unless_said_otherwise() -> None:
    assert await value(match("Lisbon"), "lisbon!") == 1
    assert await value(match("Lisbon"), "It is Lisbon.") == 0
    assert await value(match("Lisbon", where="contains"), "It is Lisbon.") == 1
    assert await value(match("Lisbon", where="last_line"), "Let me think.\n\nLisbon") == 1
    assert await value(match("Lisbon", where="last_line"), "Lisbon\nis in Portugal") == 0


async def test_a_match_within_an_answer_is_of_whole_words() -> None:
    assert await value(match("cat", where="contains"), "concatenate") == 0
    assert await value(match("東京", where="contains"), "首都は東京です") == 1


def test_a_text_that_would_match_any_sign_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither letters nor digits"):
        parse_rule(match("!!"))


async def test_an_answer_that_names_everything_gives_nothing() -> None:
    rule = match("Paris", where="contains", none_of=["London"])
    assert await value(rule, "Paris or London") == 0


async def test_a_pattern_is_found_or_is_the_whole() -> None:
    assert await value({"kind": "regex", "pattern": r"\d{4}"}, "in 1987.") == 1
    assert await value({"kind": "regex", "pattern": r"\d{4}", "whole": True}, "in 1987.") == 0
    assert await value({"kind": "regex", "pattern": "^b$"}, "a\nb\nc") == 1
    assert await value({"kind": "regex", "pattern": "A", "ignore_case": True, "none_of": ["b"]}, "aB") == 0


async def test_a_pattern_that_bombs_others_takes_no_time() -> None:
    assert await value({"kind": "regex", "pattern": "^(a+)+$"}, "a" * 50_000 + "b") == 0


async def test_half_a_character_is_judged_like_any_other() -> None:
    assert (await judged({"kind": "regex", "pattern": "x"}, "\ud800x")).value == 1


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)"])
def test_a_pattern_that_cannot_be_is_refused_by_its_field(pattern: str) -> None:
    with pytest.raises(ValidationError, match="is no RE2 pattern") as refused:
        parse_rule({"kind": "regex", "pattern": pattern})
    assert refused.value.errors()[0]["loc"] == ("regex", "pattern")
