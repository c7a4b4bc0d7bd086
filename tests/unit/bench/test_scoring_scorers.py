"""What holds for every answer, and rules made of rules."""

import time
from typing import Any

import pytest
from support.scoring import judged, task_with, value

from janus_bench.quality.scoring import Scorers, ScoringUnavailable, pass_mark
from janus_bench.quality.task import Answer, ArtifactBytes, Failure, ToolCall

YES = {"kind": "exact", "any_of": ["yes"]}
SHORT = {"kind": "instruction_following", "checks": [{"check": "words", "max": 3}]}
CODE = {"kind": "code", "entry": "f", "calls": [{"call": "f()", "returns": 1}]}


async def test_an_answer_that_failed_is_worth_nothing_whatever_it_said() -> None:
    failure = Failure(type="upstream_error", code="competitor_failed", message="it died")
    score = await judged(YES, Answer(content="yes", failure=failure))
    assert (score.value, score.explanation) == (0, "failed: upstream_error competitor_failed: it died")


async def test_silence_is_worth_nothing() -> None:
    assert await value({"kind": "regex", "pattern": ".*"}, " \n") == 0


@pytest.mark.parametrize(
    "answer",
    [
        Answer(content="yes " * 100_000),
        Answer(content="yes", tool_calls=(ToolCall(name="f", arguments="{}"),) * 200),
        Answer(content="yes", tool_calls=(ToolCall(name="f", arguments=" " * 200_000),)),
        Answer(artifacts=(ArtifactBytes(name="a", mime_type="b", sha256="c", content=b""),) * 40),
    ],
    ids=["text", "calls", "arguments", "artifacts"],
)
async def test_what_is_too_large_is_not_judged(answer: Answer) -> None:
    assert (await judged({"kind": "regex", "pattern": "yes"}, answer)).explanation.startswith("is not judged")


async def test_all_of_is_the_weighted_mean_of_its_parts() -> None:
    parts = [{"rule": YES, "weight": 3}, {"rule": SHORT}]
    assert await value({"kind": "all_of", "parts": parts}, "yes") == 1
    assert await value({"kind": "all_of", "parts": parts}, "no") == 0.25


async def test_without_a_needed_part_the_rest_is_worth_nothing() -> None:
    parts = [{"rule": SHORT}, {"rule": YES, "needed": True}]
    score = await judged({"kind": "all_of", "parts": parts}, "no")
    assert score.value == 0
    assert [part["value"] for part in score.details["parts"]] == [1, 0]


async def test_any_of_is_the_best_of_its_rules() -> None:
    rule = {"kind": "any_of", "rules": [YES, {"kind": "all_of", "parts": [{"rule": YES}, {"rule": SHORT}]}]}
    assert await value(rule, "yes") == 1
    assert await value(rule, "no") == 0.5


def test_the_pass_mark_is_full_marks_unless_said_otherwise() -> None:
    assert pass_mark(YES) == 1
    assert pass_mark({**YES, "pass_mark": 0.5}) == 0.5
    assert pass_mark({"kind": "judge", "criterion": "kind", "reference": "hello"}) == 0.5


@pytest.mark.parametrize(
    ("rule", "missing"), [(CODE, "sandbox"), ({"kind": "judge", "criterion": "c", "reference": "r"}, "judge")]
)
async def test_what_cannot_be_judged_here_says_what_is_missing(rule: dict[str, Any], missing: str) -> None:
    async with Scorers(sandbox=None, judge=None) as scorers:
        with pytest.raises(ScoringUnavailable, match=missing):
            await scorers.score(task_with(rule), Answer(content="def f(): return 1"))


async def test_a_sandbox_that_is_not_there_is_no_fault_of_the_answer() -> None:
    async with Scorers(sandbox="http://127.0.0.1:1", judge=None) as scorers:
        with pytest.raises(ScoringUnavailable, match="does not answer"):
            await scorers.score(task_with(CODE), Answer(content="def f(): return 1"))


async def test_an_answer_without_code_needs_no_sandbox() -> None:
    assert (await judged(CODE, "I cannot write code.")).explanation == "holds no code that defines f"


RULES: list[dict[str, Any]] = [
    YES,
    {"kind": "match", "any_of": ["yes"], "where": "contains", "none_of": ["no"]},
    {"kind": "numeric", "value": 17.5, "units": {"m": 1}},
    {"kind": "regex", "pattern": "(a|b|ab)*c$"},
    {"kind": "json_schema", "schema": {"uniqueItems": True, "maxItems": 1}, "prose": True},
    {"kind": "multiple_choice", "options": {"A": "one", "B": "two"}, "answer": "A"},
    {"kind": "tool_call", "calls": [{"name": "f", "arguments": {"x": [1]}}]},
    {"kind": "citation", "sources": ["1"], "coverage": 1.0, "claims": [{"says": ["x"], "cites": ["1"]}]},
    {"kind": "code", "entry": "f", "calls": [{"call": "f()", "returns": 1}]},
    {
        "kind": "instruction_following",
        "checks": [
            {"check": "sentences", "max": 1},
            {"check": "paragraphs", "max": 1},
            {"check": "words", "max": 1},
            {"check": "bullets", "min": 1},
            {"check": "table", "columns": 2, "rows": 2},
            {"check": "highlights", "min": 1},
            {"check": "placeholders", "min": 1},
            {"check": "sections", "headings": ["a", "b"]},
            {"check": "acrostic", "word": "x"},
            {"check": "language", "language": "ja"},
            {"check": "json"},
            {"check": "no_markdown"},
        ],
    },
]
HOSTILE = [
    "a" * 100_000,
    "ab" * 50_000,
    " " * 99_999 + "x",
    "!" * 100_000,
    "\n" * 99_999 + "x",
    "-" * 100_000,
    "|" * 100_000,
    "---" + " " * 99_000 + "|x",
    "```" + " " * 99_000 + "x",
    "```json\n" * 12_000,
    "[" * 100_000,
    "*a" * 50_000,
    "1," * 50_000,
    "9" * 100_000,
    "answer" + " " * 99_000,
    "answer is " * 10_000,
    ". [1]" * 20_000,
    "\\boxed{" * 14_000,
    "\u0301" * 100_000,
    "\ufdfa" * 30_000,
    "\ud800" * 100_000,
    "f" + "\n" * 99_000,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["kind"])
async def test_no_answer_makes_a_rule_raise_or_hang(rule: dict[str, Any]) -> None:
    for text in HOSTILE:
        began = time.process_time()
        hostile = Answer(content=text, tool_calls=(ToolCall(name="f", arguments=text[:100_000]),))
        assert (await judged(rule, hostile)).value < 1, text[:20]
        assert time.process_time() - began < 5, (rule["kind"], text[:20])
