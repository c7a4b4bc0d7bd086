"""What the real embedded model answers, in OpenAI's words."""

import json

import pytest
from support.inference_platform import DONE, RealModel, text_in

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("embedded-model")]


async def test_it_knows_the_capital_of_france(model: RealModel) -> None:
    answer = await model.chat()
    (choice,) = answer["choices"]
    assert "Paris" in choice["message"]["content"]
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] == "stop"
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "smollm2-135m-instruct"


async def test_a_whole_answer_always_has_usage(model: RealModel) -> None:
    usage = (await model.chat(max_tokens=4))["usage"]
    assert usage["prompt_tokens"] > 10
    assert usage["completion_tokens"] == 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + 4


async def test_a_stream_is_chunks_and_then_done(model: RealModel) -> None:
    *chunks, done = await model.stream()
    assert done == DONE
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert sum(bool(chunk["choices"][0]["delta"].get("content")) for chunk in chunks) > 3


async def test_streamed_or_not_the_answer_is_the_same(model: RealModel) -> None:
    whole = (await model.chat())["choices"][0]["message"]["content"]
    assert text_in(await model.stream()) == whole


async def test_a_stream_has_usage_at_its_end_when_asked(model: RealModel) -> None:
    *chunks, usage, _ = await model.stream(stream_options={"include_usage": True}, max_tokens=3)
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 3
    assert {chunk["usage"] for chunk in chunks} == {None}


async def test_a_stream_has_no_usage_unless_asked(model: RealModel) -> None:
    assert not any("usage" in event for event in (await model.stream(max_tokens=2))[:-1])


@pytest.mark.parametrize("sampling", [{"temperature": 0}, {"temperature": 1.2, "seed": 7}])
async def test_the_same_request_has_the_same_answer(model: RealModel, sampling: dict[str, float]) -> None:
    request = {"text": "Tell me a story about a cat.", "max_tokens": 16, **sampling}
    answers = {(await model.chat(**request))["choices"][0]["message"]["content"] for _ in range(2)}
    assert len(answers) == 1


async def test_max_tokens_bounds_the_answer(model: RealModel) -> None:
    answer = await model.chat(text="Tell me a long story about a cat.", max_tokens=5)
    assert answer["usage"]["completion_tokens"] == 5
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_max_completion_tokens_wins_over_its_older_name(model: RealModel) -> None:
    answer = await model.chat(
        text="Tell me a long story about a cat.", max_tokens=50, max_completion_tokens=2
    )
    assert answer["usage"]["completion_tokens"] == 2


async def test_a_stop_sequence_ends_the_answer_before_itself(model: RealModel) -> None:
    answer = await model.chat(stop="Paris")
    assert answer["choices"][0]["message"]["content"].strip() == "The capital of France is"
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_n_choices_come_whole(model: RealModel) -> None:
    answer = await model.chat(n=3, max_tokens=4)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert all(choice["message"]["content"] for choice in answer["choices"])
    assert answer["usage"]["completion_tokens"] == 12


async def test_n_choices_stream_side_by_side(model: RealModel) -> None:
    events = await model.stream(n=2, max_tokens=4)
    assert text_in(events, 0) == text_in(events, 1) != ""
    finishes = [event["choices"][0] for event in events[:-1] if event["choices"][0]["finish_reason"]]
    assert sorted(choice["index"] for choice in finishes) == [0, 1]


async def test_choices_of_one_seed_differ_and_come_again(model: RealModel) -> None:
    request = {"text": "Name an animal.", "n": 2, "seed": 3, "temperature": 1.5, "max_tokens": 8}
    first, again = [
        [choice["message"]["content"] for choice in (await model.chat(**request))["choices"]]
        for _ in range(2)
    ]
    assert first == again
    assert first[0] != first[1]


async def test_logprobs_come_when_asked(model: RealModel) -> None:
    answer = await model.chat(logprobs=True, top_logprobs=2, max_tokens=3)
    tokens = answer["choices"][0]["logprobs"]["content"]
    assert len(tokens) == 3
    assert all(len(token["top_logprobs"]) == 2 for token in tokens)


async def test_an_answer_follows_a_json_schema(model: RealModel) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "big": {"type": "boolean"}},
        "required": ["city", "big"],
        "additionalProperties": False,
    }
    json_schema = {"name": "city", "strict": True, "schema": schema}
    answer = await model.chat(
        response_format={"type": "json_schema", "json_schema": json_schema}, max_tokens=40
    )
    assert set(json.loads(answer["choices"][0]["message"]["content"])) == {"city", "big"}


async def test_an_answer_is_a_json_object_when_asked(model: RealModel) -> None:
    answer = await model.chat(response_format={"type": "json_object"}, max_tokens=24)
    assert answer["choices"][0]["message"]["content"].lstrip().startswith("{")


async def test_parts_of_text_are_one_text(model: RealModel) -> None:
    parts = [{"type": "text", "text": "What is the capital "}, {"type": "text", "text": "of France?"}]
    answer = await model.chat(messages=[{"role": "user", "content": parts}])
    assert answer == answer | {"choices": (await model.chat())["choices"]}


async def test_no_connection_to_the_models_process_is_kept(model: RealModel) -> None:
    """It closes idle ones, and a call may be on its way by then."""
    await model.chat(max_tokens=1)
    assert model.runtime.client()._transport._pool.connections == []


async def test_unknown_fields_are_ignored(model: RealModel) -> None:
    answer = await model.chat(grammar="root ::= [0-9]", n_predict=1, id_slot=99, mood="fine")
    assert "Paris" in answer["choices"][0]["message"]["content"]
