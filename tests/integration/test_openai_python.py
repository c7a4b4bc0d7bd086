"""The official Python client, unmodified, against the running stack."""

from collections.abc import Iterator

import openai
import pytest
from support.stack import Stack

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]
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


@pytest.fixture
def client(model_stack: Stack) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{model_stack.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_it_answers(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="baseline", messages=CAPITAL, temperature=0, max_tokens=32)
    assert answer.object == "chat.completion"
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert "Paris" in answer.choices[0].message.content
    assert answer.usage.prompt_tokens > 0
    assert 0 < answer.usage.completion_tokens <= 32
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_it_streams(client: openai.OpenAI) -> None:
    with client.chat.completions.create(
        model="baseline",
        messages=CAPITAL,
        temperature=0,
        max_tokens=32,
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "Paris" in "".join(delta.content or "" for delta in deltas)
    assert sum(bool(delta.content) for delta in deltas) > 1
    assert next(delta.role for delta in deltas if delta.role) == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_its_stream_helper_sees_the_whole_answer(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="baseline", messages=CAPITAL, temperature=0, max_tokens=32
    ) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert "Paris" in final.choices[0].message.content


def test_streamed_or_not_the_answer_is_the_same(client: openai.OpenAI) -> None:
    options = {"model": "baseline", "messages": CAPITAL, "temperature": 0, "seed": 7, "max_tokens": 24}
    whole = client.chat.completions.create(**options).choices[0].message.content
    with client.chat.completions.create(**options, stream=True) as stream:
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert "".join(pieces) == whole


def test_a_tool_is_called(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="baseline",
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        temperature=0,
        max_tokens=64,
    )
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert '"city"' in call.function.arguments
    assert call.id
    assert answer.usage.completion_tokens > 0


def test_a_tool_call_streams(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="baseline",
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[WEATHER],
        tool_choice="required",
        temperature=0,
        max_tokens=64,
    ) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert '"city"' in call.function.arguments


def test_a_tools_result_is_read(client: openai.OpenAI) -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
    }
    answer = client.chat.completions.create(
        model="baseline",
        messages=[
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny, 21 degrees"},
        ],
        tools=[WEATHER],
        temperature=0,
        max_tokens=32,
    )
    assert answer.choices[0].message.content


def test_two_answers_at_once(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="baseline", messages=CAPITAL, n=2, temperature=0, max_tokens=8
    )
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert all(choice.message.content for choice in answer.choices)


def test_an_answer_in_a_schema(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="baseline",
        messages=CAPITAL,
        temperature=0,
        max_tokens=48,
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "capital",
                "schema": {
                    "type": "object",
                    "properties": {"capital": {"type": "string", "maxLength": 20}},
                    "required": ["capital"],
                },
            },
        },
    )
    assert answer.choices[0].message.content.lstrip().startswith("{")


def test_models_are_listed(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert {"baseline", "baseline-agent-cli", "janus"} <= set(ids)
    assert client.models.retrieve("baseline").id == "baseline"


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-model", messages=CAPITAL)
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


def test_a_bad_field_is_named(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="baseline", messages=CAPITAL, temperature=9)
    assert caught.value.param == "temperature"


def test_the_router_says_whom_it_chose(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="janus", messages=CAPITAL, max_tokens=4, extra_headers={"x-request-id": "req_mine"}
    )
    assert raw.headers["x-janus-competitor"] == "baseline-agent-cli"
    assert raw.headers["x-request-id"] == "req_mine"
