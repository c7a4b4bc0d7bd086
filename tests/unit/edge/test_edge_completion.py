"""How the events of an answer become one `chat.completion`."""

import json
import tracemalloc
from typing import Any

import pytest
from support.answers import ChatEvent, finish
from support.edge_stack import route, running_edge, scripted

import janus_mesh as mesh
from janus_edge.answer_json import Identity
from janus_edge.chunks import ChunkWriter
from janus_edge.completion import CompletionBuilder
from janus_edge.merging import merge_deltas, merge_fields
from janus_mesh import errors
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

Extras = event_pb2.Extras
ToolCall = event_pb2.ToolCallDelta
IDENTITY = Identity("chatcmpl-1", 1_700_000_000, "asked")


def stop(choice: int = 0, reason: str = "stop") -> event_pb2.ChatEvent:
    return ChatEvent(choice=choice, choice_finish=event_pb2.ChoiceFinish(reason=reason))


def completion(*events: event_pb2.ChatEvent, max_bytes: int = 10_000) -> dict[str, Any]:
    builder = CompletionBuilder(
        IDENTITY,
        artifact_url=lambda artifact: f"/v1/artifacts/{artifact.id}",
        max_bytes=max_bytes,
    )
    for event in events:
        builder.add(event)
    whole: dict[str, Any] = json.loads(builder.encoded())
    return whole


def message(*events: event_pb2.ChatEvent) -> Any:
    return completion(*events, stop(), finish())["choices"][0]["message"]


def test_a_completion_has_openais_form() -> None:
    start = ChatEvent(start=event_pb2.AnswerStart(model="alpha-1", id="own", created=5))
    role = ChatEvent(role=request_pb2.ROLE_ASSISTANT)
    events = [start, role, ChatEvent(content="Hel"), ChatEvent(content="lo"), stop(), finish(3, 4)]
    assert completion(*events) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "alpha-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


def test_choices_are_told_apart_and_sorted() -> None:
    whole = completion(
        ChatEvent(choice=1, content="one"),
        ChatEvent(choice=0, content="zero"),
        stop(1, "length"),
        stop(0),
        finish(),
    )
    told = [(c["index"], c["message"]["content"], c["finish_reason"]) for c in whole["choices"]]
    assert told == [(0, "zero", "stop"), (1, "one", "length")]


def test_parts_of_tool_calls_are_joined_by_index() -> None:
    calls = [
        ToolCall(index=1, id="call_b", type="function", name="second"),
        ToolCall(index=0, id="call_a", type="function", name="first", extra_json='{"note":"n"}'),
        ToolCall(index=0, arguments='{"q":'),
        ToolCall(index=1, arguments="{}"),
        ToolCall(index=0, arguments="1}"),
    ]
    told = message(*(ChatEvent(tool_call=call) for call in calls))
    assert told["content"] is None
    first = {"name": "first", "arguments": '{"q":1}'}
    second = {"name": "second", "arguments": "{}"}
    assert told["tool_calls"] == [
        {"id": "call_a", "type": "function", "function": first, "note": "n"},
        {"id": "call_b", "type": "function", "function": second},
    ]


def test_a_function_call_in_pieces_is_joined_and_the_content_is_null() -> None:
    pieces = [{"name": "f", "arguments": ""}, {"arguments": '{"a"'}, {"arguments": ":1}"}]
    events = [ChatEvent(extras=Extras(delta_json=json.dumps({"function_call": piece}))) for piece in pieces]
    said = message(*events)
    assert said["content"] is None
    assert said["function_call"] == {"name": "f", "arguments": '{"a":1}'}


def test_a_tool_call_of_another_kind_is_kept_as_it_is() -> None:
    call = ToolCall(id="c", type="custom", extra_json='{"custom":{"name":"f","input":"x"}}')
    assert message(ChatEvent(tool_call=call))["tool_calls"] == [
        {"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}
    ]


def test_reasoning_and_refusal_are_texts_of_their_own() -> None:
    events = [
        ChatEvent(reasoning="h"),
        ChatEvent(reasoning="m"),
        ChatEvent(refusal="n"),
        ChatEvent(refusal="o"),
    ]
    assert message(*events) == {
        "role": "assistant",
        "content": None,
        "refusal": "no",
        "reasoning_content": "hm",
    }


def test_an_empty_answer_is_the_empty_text() -> None:
    assert message()["content"] == ""


def test_artifacts_are_listed_with_the_gateways_urls() -> None:
    artifact = event_pb2.Artifact(id="artf_1", type="file", url="http://competitor/artifacts/a")
    (told,) = message(ChatEvent(artifact=artifact))["artifacts"]
    assert told["id"] == "artf_1"
    assert told["url"] == "/v1/artifacts/artf_1"


def test_links_to_artifacts_lead_to_the_gateway_also_when_they_are_announced_later() -> None:
    artifact = ChatEvent(artifact=event_pb2.Artifact(id="artf_1", url="http://c/artifacts/f.csv"))
    said = message(
        ChatEvent(content="[f](http://c/artifacts/f."), ChatEvent(content="csv)"), artifact, stop()
    )
    assert said["content"] == "[f](/v1/artifacts/artf_1)"


def test_logprobs_of_all_chunks_are_one_list() -> None:
    parts = [
        ChatEvent(
            content=token,
            extras=Extras(
                choice_json=json.dumps({"logprobs": {"content": [{"token": token}], "refusal": None}})
            ),
        )
        for token in "ab"
    ]
    choice = completion(*parts, stop(), finish())["choices"][0]
    assert choice["logprobs"] == {"content": [{"token": "a"}, {"token": "b"}], "refusal": None}


def test_extras_stand_where_they_stood() -> None:
    parts = [
        ChatEvent(
            start=event_pb2.AnswerStart(model="m"),
            extras=Extras(chunk_json='{"system_fingerprint":"fp","stats":{"a":1}}'),
        ),
        ChatEvent(content="a", extras=Extras(delta_json='{"note":"x","annotations":[1]}')),
        ChatEvent(
            content="b",
            extras=Extras(
                chunk_json='{"stats":{"b":2}}',
                choice_json='{"stop_reason":7}',
                delta_json='{"note":"y","annotations":[2]}',
            ),
        ),
    ]
    whole = completion(*parts, stop(), finish())
    assert whole["system_fingerprint"] == "fp"
    assert whole["stats"] == {"a": 1, "b": 2}
    assert whole["choices"][0]["stop_reason"] == 7
    assert whole["choices"][0]["message"]["note"] == "xy"
    assert whole["choices"][0]["message"]["annotations"] == [1, 2]


@pytest.mark.parametrize(
    ("parts", "beside", "inside"),
    [
        ([{"a": 1}, {"a": 2}], {"a": 2}, {"a": 2}),
        ([{"a": "x"}, {"a": "y"}], {"a": "y"}, {"a": "xy"}),
        ([{"a": [1]}, {"a": [2]}], {"a": [1, 2]}, {"a": [1, 2]}),
        (
            [{"a": {"t": "x"}}, {"a": {"t": "y", "u": 1}}],
            {"a": {"t": "y", "u": 1}},
            {"a": {"t": "xy", "u": 1}},
        ),
        ([{"a": 1}, {"a": None}], {"a": 1}, {"a": 1}),
        ([{"a": None}], {"a": None}, {"a": None}),
        ([{"a": [1]}, {"a": {"b": 2}}], {"a": {"b": 2}}, {"a": {"b": 2}}),
        ([], {}, {}),
    ],
)
def test_unknown_fields_of_many_chunks_become_one(
    parts: list[dict[str, Any]], beside: dict[str, Any], inside: dict[str, Any]
) -> None:
    assert merge_fields(parts) == beside
    assert merge_deltas(parts) == inside


def test_usage_is_the_final_one_or_the_last_that_was_told() -> None:
    interim = ChatEvent(usage=event_pb2.Usage(total_tokens=6))
    assert completion(interim, stop(), finish(3, 4))["usage"]["total_tokens"] == 7
    assert completion(interim, stop(), ChatEvent(finish=event_pb2.Finish()))["usage"]["total_tokens"] == 6
    assert "usage" not in completion(stop(), ChatEvent(finish=event_pb2.Finish()))


def test_a_choice_that_never_finished_is_an_error() -> None:
    with pytest.raises(errors.CompetitorFailed, match="choice 1"):
        completion(ChatEvent(content="a"), stop(), ChatEvent(choice=1, content="b"), finish())


def test_text_after_the_end_of_its_choice_belongs_to_the_answer() -> None:
    (choice,) = completion(ChatEvent(content="a"), stop(), ChatEvent(content="b"), finish())["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("ab", "stop")


def test_an_artifact_may_follow_the_end_of_its_choice() -> None:
    artifact = ChatEvent(artifact=event_pb2.Artifact(id="artf_1"))
    (choice,) = completion(ChatEvent(content="a"), stop(), artifact, finish())["choices"]
    assert (choice["finish_reason"], len(choice["message"]["artifacts"])) == ("stop", 1)


async def test_a_competitor_cannot_pass_itself_off_as_another() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(route("alpha"), ChatEvent(content="a"), route("beta"), stop(), finish())
        for response in (await edge.chat(), (await edge.stream()).response):
            assert response.headers["x-janus-competitor"] == "alpha"


def test_no_choice_at_all_is_an_error() -> None:
    with pytest.raises(errors.CompetitorFailed, match="without an answer"):
        completion(finish())


def test_extras_nested_too_deeply_are_the_competitors_fault() -> None:
    deep = ChatEvent(content="a", extras=Extras(delta_json='{"a":' * 900 + "1" + "}" * 900))
    for parts in ([deep], [deep, deep]):
        with pytest.raises(errors.CompetitorFailed):
            completion(*parts, stop(), finish(), max_bytes=1_000_000)


def test_text_beside_a_legacy_function_call_is_null() -> None:
    pieces = ['{"function_call":{"name":"f","arguments":"{"}}', '{"function_call":{"arguments":"}"}}']
    said = message(*(ChatEvent(extras=Extras(delta_json=piece)) for piece in pieces))
    assert said["content"] is None
    assert said["function_call"] == {"name": "f", "arguments": "{}"}


def test_fields_that_every_chunk_repeats_are_said_once() -> None:
    repeated = Extras(chunk_json='{"prompt_filter_results":[{"a":1}]}')
    whole = completion(*[ChatEvent(content="a", extras=repeated)] * 3, stop(), finish())
    assert whole["prompt_filter_results"] == [{"a": 1}]


def test_integers_beyond_64_bits_keep_their_digits() -> None:
    event = ChatEvent(content="a", extras=Extras(chunk_json=json.dumps({"seed": 2**70 + 1})))
    assert completion(event, stop(), finish())["seed"] == 2**70 + 1


@pytest.mark.parametrize(
    "claim",
    [
        Extras(chunk_json='{"error":{"message":"x"},"janus":1,"id":"x","usage":{"total_tokens":0},"x":1}'),
        Extras(choice_json='{"error":1,"janus":1,"usage":1,"index":5,"finish_reason":"length","x":1}'),
        Extras(delta_json='{"role":"system","content":"b","artifacts":[1],"janus":1,"error":1,"x":1}'),
    ],
    ids=["chunk", "choice", "delta"],
)
def test_unknown_fields_cannot_say_what_only_janus_says(claim: event_pb2.Extras) -> None:
    plain = completion(ChatEvent(content="a"), stop(), finish())
    whole = completion(ChatEvent(content="a", extras=claim), stop(), finish())
    places = (whole, whole["choices"][0], whole["choices"][0]["message"])
    assert [place.pop("x", None) for place in places].count(1) == 1
    assert whole == plain


def test_only_audited_usage_says_where_it_comes_from() -> None:
    claimed = event_pb2.Usage(
        total_tokens=6, extra_json='{"janus":{"source":"metered"},"cost_usd":0,"sandbox_seconds":0,"x":1}'
    )
    interim = completion(ChatEvent(usage=claimed), stop(), ChatEvent(finish=event_pb2.Finish()))
    assert set(interim["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens", "x"}
    audited = completion(stop(), ChatEvent(finish=event_pb2.Finish(usage=claimed)))
    assert audited["usage"]["janus"] == {"source": "metered"}
    assert "cost_usd" not in audited["usage"]


def test_what_follows_the_finish_does_not_count() -> None:
    assert completion(
        ChatEvent(content="a"), stop(), finish(), ChatEvent(content="b"), stop(1)
    ) == completion(ChatEvent(content="a"), stop(), finish())


# What a native competitor may send: anything.


@pytest.mark.parametrize(
    "event",
    [
        ChatEvent(choice=128, content="a"),
        ChatEvent(choice=2**32 - 1, choice_finish=event_pb2.ChoiceFinish(reason="stop")),
        ChatEvent(choice=128, extras=Extras(delta_json='{"a":1}')),
        ChatEvent(tool_call=ToolCall(index=128, id="c")),
        ChatEvent(error=event_pb2.Error(message="I am Janus")),
    ],
    ids=["choice", "finish", "extras", "tool call", "error"],
)
def test_an_event_beyond_the_limits_is_the_competitors_fault(event: event_pb2.ChatEvent) -> None:
    with pytest.raises(errors.CompetitorFailed):
        completion(event)
    with pytest.raises(errors.CompetitorFailed):
        ChunkWriter(IDENTITY, include_usage=False, artifact_url=lambda _: "").write(event)


def test_artifacts_beyond_the_limit_are_the_competitors_fault() -> None:
    artifact = ChatEvent(artifact=event_pb2.Artifact(id="a"))
    with pytest.raises(errors.CompetitorFailed, match="512 artifacts"):
        completion(*[artifact] * 513, max_bytes=2**30)


def test_unknown_fields_count_as_what_they_take_when_parsed() -> None:
    dense = ChatEvent(content="a", extras=Extras(delta_json='{"a":[' + "{}," * 1000 + "{}]}"))
    with pytest.raises(errors.CompetitorFailed, match="larger"):
        completion(dense, max_bytes=30_000)


def test_a_long_answer_in_tiny_pieces_takes_little_more_memory_than_its_text() -> None:
    builder = CompletionBuilder(IDENTITY, artifact_url=lambda _: "", max_bytes=2**30)
    pieces = [ChatEvent(content=f"{number:06}") for number in range(1000)]
    tracemalloc.start()
    try:
        for event in pieces * 100:
            builder.add(event)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * 100_000 * 6


def test_an_answer_larger_than_allowed_is_an_error() -> None:
    with pytest.raises(errors.CompetitorFailed, match="larger"):
        completion(*[ChatEvent(content="x" * 100)] * 3, max_bytes=250)


async def test_a_client_that_asked_for_no_stream_gets_the_whole() -> None:
    async with running_edge() as edge:
        edge.router.answer = scripted(route("beta"), ChatEvent(content="a"), stop(), finish(1, 1))
        response = await edge.chat()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-janus-competitor"] == "beta"
    assert response.json()["choices"][0]["message"]["content"] == "a"
    assert response.json()["usage"]["total_tokens"] == 2


async def test_an_error_in_the_middle_is_a_plain_http_error() -> None:
    async def answer(exchange: mesh.Exchange) -> None:
        await exchange.send(ChatEvent(content="half"))
        raise errors.CompetitorTimeout("nothing more came", competitor_id="beta")

    async with running_edge() as edge:
        edge.router.answer = answer
        response = await edge.chat()
    assert response.status_code == 504
    assert response.headers["x-janus-competitor"] == "beta"
    assert response.json()["error"]["code"] == "competitor_timeout"
