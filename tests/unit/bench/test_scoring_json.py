"""Answers that must be JSON of a given shape."""

from typing import Any

import pytest
from pydantic import ValidationError
from support.scoring import judged, value

from janus_bench.quality.scoring import parse_rule


def shaped(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "json_schema", "schema": schema, **more}


AGE = shaped({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]})


@pytest.mark.parametrize(
    "text", ['{"age": 3}', ' {"age": 3}\n', '```json\n{"age": 3}\n```', '```\n{"age": 3}\n```']
)
async def test_bare_or_fenced_json_is_taken(text: str) -> None:
    assert await value(AGE, text) == 1


@pytest.mark.parametrize(
    "text",
    [
        'Here: {"age": 3}',
        '{"age": 3} {"age": 3}',
        "{'age': 3}",
        '{"age": 3',
        '{"age": 1, "age": 3}',
        '{"age": NaN}',
    ],
)
async def test_what_is_more_or_less_than_json_is_not(text: str) -> None:
    assert (await judged(AGE, text)).explanation.startswith("is no JSON")


async def test_prose_around_one_fence_is_taken_where_the_item_allows_it() -> None:
    said = 'Here you are:\n```json\n{"age": 3}\n```\nAnything else?'
    assert await value(AGE, said) == 0
    assert await value({**AGE, "prose": True}, said) == 1


async def test_what_breaks_the_shape_is_named_by_its_path() -> None:
    score = await judged(AGE, '{"age": "3"}')
    assert (score.value, score.explanation) == (0, "$.age: '3' is not of type 'integer'")


async def test_patterns_of_a_schema_take_linear_time() -> None:
    assert await value(shaped({"pattern": "^(a+)+$"}), f'"{"a" * 40_000}b"') == 0


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "[" * 80 + "]" * 80,
        "[" + "1," * 40_000 + "1]",
        "1" * 5_000,
        '{"n": 1e999999}',
        "[" + "1," * 5_000 + "1]",
    ],
)
async def test_deep_and_endless_json_is_bounded(text: str) -> None:
    assert await value(shaped({"type": "object", "properties": {"n": {"multipleOf": 0.01}}}), text) == 0


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "objekt"}, "is no JSON Schema"),
        ({"$ref": "https://example.org/schema"}, "leads out of the schema"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "is no RE2 pattern"),
        ({"patternProperties": {"a": {}}}, "is not supported"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse_rule(shaped(schema))
