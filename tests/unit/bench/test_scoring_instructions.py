"""Instructions whose keeping can be verified: each check with a text that keeps it and one that does not."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.scoring import judged, value

from janus_bench.quality.scoring import parse_rule

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"check": "words", "min": 3, "max": 3}, "it's well-known: 1,000", "one two"),
    ({"check": "characters", "max": 5}, " five5 ", "sixsix"),
    ({"check": "sentences", "min": 2, "max": 2}, 'He said "no." She left', "One. Two. Three."),
    ({"check": "lines", "min": 2, "max": 2}, "a\n\nb\n", "a"),
    ({"check": "paragraphs", "min": 2, "max": 2}, "a\nb\n\n\nc", "a\nb"),
    ({"check": "paragraphs", "min": 2, "max": 2, "separator": "***"}, "a\n\nb\n***\nc", "a\n\nb"),
    ({"check": "bullets", "min": 2, "max": 2}, "- a\n* b", "- a\n- b\n- c"),
    ({"check": "numbered_items", "min": 2}, "1. a\n2) b", "1. a"),
    ({"check": "headings", "min": 1}, "# Title\ntext", "#Title"),
    ({"check": "words_each_line", "min": 2, "max": 3}, "a b\nc d e", "a b\nc"),
    (
        {"check": "includes", "words": ["sea", "Cold Wind"]},
        "A cold wind from the SEA.",
        "The seaside, a cold wind",
    ),
    ({"check": "excludes", "words": ["health"]}, "healthy", "For your Health!"),
    ({"check": "occurrences", "text": "ab", "min": 2, "max": 2}, "abAB", "ab"),
    ({"check": "occurrences", "text": "A", "max": 1, "ignore_case": False}, "Aaa", "AA"),
    ({"check": "starts_with", "text": "Dear"}, " Dear Ida", "My dear"),
    ({"check": "ends_with", "text": "OVER"}, "It is blue. OVER\n", "OVER it is"),
    ({"check": "case", "case": "upper"}, "ALL 3!", "All"),
    ({"check": "case", "case": "lower"}, "all 3!", "All"),
    ({"check": "case", "case": "title"}, "The Sea, 3 Times", "The sea"),
    ({"check": "in_order", "words": ["one", "two", "two"]}, "one, two; two", "two one two"),
    ({"check": "acrostic", "word": "ab"}, "1. Apple\n- bread", "Apple\ncherry"),
    ({"check": "sorted_lines"}, "ant\nbee\ncow", "bee\nant"),
    ({"check": "json"}, '```json\n{"a": 1}\n```', "{a: 1}"),
    ({"check": "no_markdown"}, "Plain - and simple.", "Not **plain**."),
    ({"check": "fenced", "language": "sql"}, "```sql\nselect 1\n```", "```\nselect 1\n```"),
    ({"check": "table", "columns": 2, "rows": 2}, f"So:\n\n{TABLE}\n\nDone.", TABLE.replace("| 3 | 4 |", "")),
    ({"check": "quoted"}, '"All of it."', 'Not "all" of it.'),
    ({"check": "title_mark"}, "<<Spring>>\nIt came.", "<Spring>"),
    ({"check": "placeholders", "min": 2}, "[name] of [city]", "[name]"),
    ({"check": "highlights", "min": 2}, "*one* and **two**", "*one*"),
    (
        {"check": "sections", "headings": ["Past", "Future"]},
        "## Past\na\n**Future:**\nb",
        "## Future\n## Past",
    ),
    ({"check": "postscript"}, "Yours\n\nP.S. Come.", "Yours, PS"),
    ({"check": "language", "language": "de"}, "Das ist nicht der Weg zu dem Haus.", "This is not the way."),
    (
        {"check": "language", "language": "es"},
        "La casa no es muy grande, pero es de mi hermana.",
        "La maison est à moi.",
    ),
    ({"check": "language", "language": "ru"}, "Это дом.", "This is a house."),
    ({"check": "language", "language": "ja"}, "これは家です。", "這是一座房子。"),
]


@pytest.mark.parametrize(("check", "kept", "broken"), CASES, ids=lambda case: str(case)[:40])
async def test_a_check_takes_what_keeps_it_and_nothing_else(
    check: dict[str, Any], kept: str, broken: str
) -> None:
    rule = {"kind": "instruction_following", "checks": [check]}
    assert (await judged(rule, kept)).explanation == "keeps all instructions"
    assert await value(rule, broken) == 0


async def test_the_value_is_the_share_of_checks_that_are_kept() -> None:
    checks = [{"check": "words", "max": 3}, {"check": "includes", "words": ["sea"]}]
    score = await judged({"kind": "instruction_following", "checks": checks}, "the wide blue sea")
    assert score.value == 0.5
    assert score.explanation == "4 words, more than 3"


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ({"check": "words"}, "min: it or max is needed"),
        ({"check": "words", "min": 3, "max": 2}, "max: is less than min"),
        ({"check": "rhyme"}, "does not match any of the expected tags"),
        ({"check": "words", "max": 3, "least": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_check_that_says_nothing_sensible_is_refused(check: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse_rule({"kind": "instruction_following", "checks": [check]})
