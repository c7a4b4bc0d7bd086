"""Calls of functions, by name, arguments and types."""

import json
from typing import Any

import pytest
from pydantic import ValidationError
from support.scoring import judged, value

from janus_bench.quality.scoring import parse_rule
from janus_bench.quality.task import Answer, ToolCall


def wanted(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "tool_call", "calls": list(calls), **more}


def calling(*calls: tuple[str, Any]) -> Answer:
    return Answer(
        tool_calls=tuple(
            ToolCall(name=name, arguments=arguments if isinstance(arguments, str) else json.dumps(arguments))
            for name, arguments in calls
        )
    )


WEATHER = {"name": "weather", "arguments": {"city": ["Oslo"], "unit": ["c", "celsius"]}, "optional": ["unit"]}


@pytest.mark.parametrize(
    "arguments", [{"city": "Oslo", "unit": "c"}, {"city": "oslo "}, {"unit": "Celsius", "city": "Oslo"}]
)
async def test_a_call_with_allowed_values_is_right(arguments: dict[str, Any]) -> None:
    assert await value(wanted(WEATHER), calling(("weather", arguments))) == 1


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (("forecast", {"city": "Oslo"}), "calls 'forecast', not 'weather'"),
        (("weather", {}), "weather: the argument 'city' is missing"),
        (("weather", {"city": "Bergen"}), "weather: city is 'Bergen'"),
        (("weather", {"city": "Oslo", "day": 1}), "weather: the argument 'day' does not belong there"),
        (("weather", "{city: Oslo}"), "weather: the arguments are no JSON"),
        (("weather", '["Oslo"]'), "weather: the arguments are no object"),
        (("weather", {"city": ["Oslo"]}), "weather: city is"),
    ],
)
async def test_what_is_wrong_with_a_call_is_said(call: tuple[str, Any], fault: str) -> None:
    score = await judged(wanted(WEATHER), calling(call))
    assert score.value == 0
    assert score.explanation.startswith(fault)


@pytest.mark.parametrize(
    ("allowed", "given", "right"),
    [
        (5, 5.0, True),
        (5, "5", False),
        (1, True, False),
        (False, 0, False),
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (None, None, True),
        ("New York", "new-york", True),
    ],
)
async def test_values_are_compared_with_their_types(allowed: Any, given: Any, right: bool) -> None:
    rule = wanted({"name": "f", "arguments": {"x": [allowed]}})
    assert await value(rule, calling(("f", {"x": given}))) == float(right)


async def test_texts_can_be_compared_to_the_letter() -> None:
    rule = wanted({"name": "f", "arguments": {"x": ["/a/b"]}}, exact_text=True)
    assert await value(rule, calling(("f", {"x": "/a/b"}))) == 1
    assert await value(rule, calling(("f", {"x": "ab"}))) == 0


async def test_parallel_calls_come_in_any_order_each_once() -> None:
    any_city = {"name": "f", "arguments": {"x": ["a", "b"]}}
    rule = wanted(any_city, {"name": "f", "arguments": {"x": ["a"]}})
    assert await value(rule, calling(("f", {"x": "a"}), ("f", {"x": "b"}))) == 1
    assert await value(rule, calling(("f", {"x": "b"}), ("f", {"x": "b"}))) == 0
    assert await value(rule, calling(("f", {"x": "a"}))) == 0
    assert await value({**rule, "ordered": True}, calling(("f", {"x": "a"}), ("f", {"x": "b"}))) == 0


async def test_where_nothing_is_to_be_called_something_is_to_be_said() -> None:
    assert await value(wanted(), "None of these tools helps.") == 1
    assert await value(wanted(), calling(("f", {}))) == 0
    assert await value(wanted(), "") == 0


def test_an_optional_argument_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="y is none of the arguments"):
        parse_rule(wanted({"name": "f", "arguments": {"x": [1]}, "optional": ["y"]}))
