"""Function calls that the real embedded model makes."""

import json
from typing import Any

import pytest
from support.inference_platform import RealModel, text_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("embedded-model")]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two numbers",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
    },
}
IN_PARIS = {"text": "What is the weather in Paris?", "max_tokens": 48}


def the_call(answer: dict[str, Any]) -> tuple[str, Any]:
    """Name and arguments of the one call of a whole answer."""
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    return call["function"]["name"], json.loads(call["function"]["arguments"])


async def test_a_required_call_is_made(model: RealModel) -> None:
    answer = await model.chat(tools=[WEATHER], tool_choice="required", **IN_PARIS)
    assert the_call(answer) == ("get_weather", {"city": "Paris"})
    (choice,) = answer["choices"]
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["id"].startswith("call_")
    assert choice["finish_reason"] == "tool_calls"


async def test_the_model_chooses_among_the_functions(model: RealModel) -> None:
    answer = await model.chat(
        text="Add 3 and 4.", tools=[WEATHER, ADD], tool_choice="required", max_tokens=48
    )
    name, arguments = the_call(answer)
    assert name == "add"
    assert arguments.keys() == {"a", "b"}


async def test_a_named_function_is_called(model: RealModel) -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    answer = await model.chat(tools=[ADD, WEATHER], tool_choice=named, **IN_PARIS)
    assert the_call(answer) == ("get_weather", {"city": "Paris"})


async def test_a_call_streams_its_name_and_then_its_arguments(model: RealModel) -> None:
    events = await model.stream(tools=[WEATHER], tool_choice="required", **IN_PARIS)
    choices = [event["choices"][0] for event in events[:-1]]
    calls = [call for choice in choices for call in choice["delta"].get("tool_calls", [])]
    assert calls[0]["function"]["name"] == "get_weather"
    assert calls[0]["id"]
    assert not any("name" in call["function"] for call in calls[1:])
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"city": "Paris"}
    assert len(calls) > 3
    assert choices[-1]["finish_reason"] == "tool_calls"
    assert text_in(events) == ""


async def test_a_call_that_is_cut_off_ends_with_length(model: RealModel) -> None:
    answer = await model.chat(tools=[WEATHER], tool_choice="required", **IN_PARIS | {"max_tokens": 10})
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_references_within_parameters_are_followed(model: RealModel) -> None:
    """The schema moves into a larger one, and what it says of itself with it."""
    place = {
        "type": "function",
        "function": {
            "name": "go",
            "parameters": {
                "type": "object",
                "properties": {"to": {"$ref": "#/$defs/Place"}},
                "required": ["to"],
                "additionalProperties": False,
                "$defs": {"Place": {"enum": ["here", "there"]}},
            },
        },
    }
    named = {"type": "function", "function": {"name": "go"}}
    answer = await model.chat(text="Go there.", tools=[place], tool_choice=named, max_tokens=40)
    name, arguments = the_call(answer)
    assert name == "go"
    assert arguments["to"] in ("here", "there")


@pytest.mark.parametrize("choice", ["auto", "none", None])
async def test_without_demand_the_model_answers_in_words(model: RealModel, choice: str | None) -> None:
    answer = await model.chat(tools=[WEATHER], tool_choice=choice)
    assert "Paris" in answer["choices"][0]["message"]["content"]
    assert "tool_calls" not in answer["choices"][0]["message"]


async def test_the_result_of_a_call_is_read(model: RealModel) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny, 21 degrees"},
    ]
    answer = await model.chat(messages=messages, tools=[WEATHER], max_tokens=24)
    assert "sunny" in answer["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "x"}}, "tools": [ADD]}, "tool_choice"),
        ({"tool_choice": "whatever", "tools": [ADD]}, "tool_choice.mode"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
    ],
)
async def test_an_impossible_choice_is_refused(model: RealModel, fields: dict[str, Any], param: str) -> None:
    status, error = await model.refusal(**fields)
    assert (status, error["param"]) == (400, param)


async def test_a_schema_that_cannot_be_followed_is_refused(model: RealModel) -> None:
    bad = {"type": "function", "function": {"name": "x", "parameters": {"type": "nonsense"}}}
    status, error = await model.refusal(tools=[bad], tool_choice="required")
    assert (status, error["param"]) == (400, "tools")
    assert "nonsense" in error["message"]
