"""What a competitor says, chunk by chunk, as events."""

import json
from typing import Any

import pytest
from support.competitor_scripts import chunk, message, usage, usage_chunk

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2
from janus_shim.answer_events import AnswerEvents

ChatEvent = pb.ChatEvent
Extras = pb.Extras


def events(*chunks: Any, choices: int = 1) -> list[ChatEvent]:
    """The events of these chunks, without the start that every answer has."""
    answer = AnswerEvents(choices)
    answer.chunk(encoded(chunk()))
    return [event for one in chunks for event in answer.chunk(encoded(one))]


def encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()


def deltas(delta: dict[str, Any]) -> list[ChatEvent]:
    return events(chunk(delta))


def fault(*chunks: Any, choices: int = 1) -> str:
    with pytest.raises(CompetitorFailed) as caught:
        events(*chunks, choices=choices)
    return caught.value.message


def usage_message(**fields: Any) -> pb.Usage:
    return pb.Usage(prompt_tokens=3, completion_tokens=2, total_tokens=5, **fields)


# The start.


def test_the_first_chunk_starts_the_answer_with_its_unknown_fields() -> None:
    first = chunk({"role": "assistant", "content": ""}, system_fingerprint="fp")
    start = pb.AnswerStart(model="scripted", id="chatcmpl-1", created=1_700_000_000)
    assert AnswerEvents(1).chunk(encoded(first)) == [
        ChatEvent(start=start, extras=Extras(chunk_json='{"system_fingerprint":"fp"}')),
        ChatEvent(role=request_pb2.ROLE_ASSISTANT),
    ]


def test_a_start_may_say_nothing_and_created_may_have_a_fraction() -> None:
    assert AnswerEvents(1).chunk(b'{"choices": []}') == [ChatEvent(start=pb.AnswerStart())]
    (event,) = AnswerEvents(1).chunk(b'{"created": 17.9, "choices": []}')
    assert event.start.created == 17


# Deltas.


def test_text_is_a_content_event() -> None:
    assert deltas({"content": "żółw 🐢"}) == [ChatEvent(content="żółw 🐢")]


def test_reasoning_and_refusal_are_events_of_their_own() -> None:
    assert deltas({"reasoning_content": "hm", "content": "a", "refusal": "no"}) == [
        ChatEvent(reasoning="hm"),
        ChatEvent(content="a"),
        ChatEvent(refusal="no"),
    ]


def test_nulls_say_nothing() -> None:
    nothing = {"role": None, "content": None, "refusal": None, "tool_calls": None, "reasoning_content": None}
    assert deltas(nothing | {"janus": None, "artifacts": None}) == []


def test_a_role_is_said_once() -> None:
    said = {"role": "assistant", "content": "a"}
    assert events(chunk(said), chunk(said)) == [
        ChatEvent(role=request_pb2.ROLE_ASSISTANT),
        ChatEvent(content="a"),
        ChatEvent(content="a"),
    ]


def test_tool_calls_are_one_event_each_with_what_is_unknown_in_them() -> None:
    first = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
    second = {"index": 1, "function": {"arguments": "}", "v": 1}, "signature": "s"}
    assert deltas({"tool_calls": [first, second]}) == [
        ChatEvent(tool_call=pb.ToolCallDelta(index=0, id="c", type="function", name="f", arguments="{")),
        ChatEvent(
            tool_call=pb.ToolCallDelta(
                index=1, arguments="}", extra_json='{"signature":"s","function":{"v":1}}'
            )
        ),
    ]


def test_a_tool_call_without_an_index_has_that_of_its_place() -> None:
    assert [event.tool_call.index for event in deltas({"tool_calls": [{}, {}]})] == [0, 1]


def test_a_janus_step_keeps_its_payload() -> None:
    step = {"event": "tool_start", "payload": {"name": "sh", "n": [1]}}
    expected = pb.JanusEvent(event="tool_start", payload_json='{"name":"sh","n":[1]}')
    assert deltas({"janus": step}) == [ChatEvent(janus=expected)]


def test_fields_beside_a_janus_payload_join_it() -> None:
    (event,) = deltas({"janus": {"event": "tool_end", "took": 2, "payload": {"ok": True}}})
    assert json.loads(event.janus.payload_json) == {"took": 2, "ok": True}


ARTIFACT = {
    "id": "artf_1",
    "type": "file",
    "mime_type": "text/csv",
    "display_name": "a.csv",
    "size_bytes": 7,
    "sha256": "AB" * 32,
    "created_at": "2026-01-01T00:00:00Z",
    "ttl_seconds": 60,
    "url": "/v1/artifacts/artf_1",
    "color": "red",
}
ARTIFACT_EVENT = ChatEvent(
    artifact=pb.Artifact(
        id="artf_1",
        type="file",
        mime_type="text/csv",
        display_name="a.csv",
        size_bytes=7,
        sha256="ab" * 32,
        created_at="2026-01-01T00:00:00Z",
        ttl_seconds=60,
        url="/v1/artifacts/artf_1",
        extra_json='{"color":"red"}',
    )
)


@pytest.mark.parametrize(
    "delta",
    [{"janus": {"event": "artifact", "payload": ARTIFACT}}, {"artifacts": [ARTIFACT]}],
    ids=["step", "list"],
)
def test_an_artifact_comes_as_a_step_or_in_a_list(delta: dict[str, Any]) -> None:
    assert deltas(delta) == [ARTIFACT_EVENT]


# Choices.


def test_several_choices_in_any_order_keep_their_index() -> None:
    two = chunk({"content": "b"}, index=1)
    two["choices"].append({"index": 2, "delta": {"content": "c"}})
    assert events(chunk({"content": "a"}), two, choices=3) == [
        ChatEvent(choice=0, content="a"),
        ChatEvent(choice=1, content="b"),
        ChatEvent(choice=2, content="c"),
    ]


def test_a_finish_reason_ends_its_choice_once() -> None:
    last = chunk({"content": "a"}, finish="stop")
    assert events(last, chunk(finish="stop")) == [
        ChatEvent(content="a"),
        ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop")),
    ]


def test_an_empty_finish_reason_is_none() -> None:
    assert events(chunk({"content": "a"}, finish="")) == [ChatEvent(content="a")]


def test_more_text_after_the_finish_is_a_fault() -> None:
    assert "goes on after its end: choices[0].delta" in fault(chunk(finish="stop"), chunk({"content": "x"}))


def test_a_role_and_empty_text_after_the_finish_are_ignored() -> None:
    late = chunk({"role": "assistant", "content": ""}), chunk({"content": ""})
    assert events(chunk(finish="stop"), *late)[1:] == []


# Unknown fields.


def test_unknown_fields_travel_on_the_first_event_of_their_chunk() -> None:
    said = chunk(
        {"role": "assistant", "content": "a", "annotations": [1]},
        choice={"stop_reason": None},
        obfuscation="x",
    )
    extras = Extras(
        chunk_json='{"obfuscation":"x"}', choice_json='{"stop_reason":null}', delta_json='{"annotations":[1]}'
    )
    assert events(said) == [
        ChatEvent(role=request_pb2.ROLE_ASSISTANT, extras=extras),
        ChatEvent(content="a"),
    ]


def test_unknown_fields_alone_are_an_event_without_a_payload() -> None:
    assert deltas({"reasoning_details": [{"t": "x"}]}) == [
        ChatEvent(extras=Extras(delta_json='{"reasoning_details":[{"t":"x"}]}'))
    ]
    assert events(chunk(choice={"token_ids": [1]}, index=1), choices=2) == [
        ChatEvent(choice=1, extras=Extras(choice_json='{"token_ids":[1]}'))
    ]
    assert events({"obfuscation": "y"}) == [ChatEvent(extras=Extras(chunk_json='{"obfuscation":"y"}'))]


def test_chunk_fields_equal_to_those_of_the_start_are_not_repeated() -> None:
    answer = AnswerEvents(1)
    answer.chunk(encoded(chunk(fp="a", tier="x")))
    (same,) = answer.chunk(encoded(chunk({"content": "1"}, fp="a", tier="x")))
    (other,) = answer.chunk(encoded(chunk({"content": "2"}, fp="b", tier="x")))
    assert (same.extras.chunk_json, other.extras.chunk_json) == ("", '{"fp":"b"}')


def test_logprobs_travel_with_the_choice() -> None:
    said = events(chunk({"content": "a"}, choice={"logprobs": {"content": []}}))
    assert said == [ChatEvent(content="a", extras=Extras(choice_json='{"logprobs":{"content":[]}}'))]
    assert events(chunk({"content": "a"}, choice={"logprobs": None})) == [ChatEvent(content="a")]


# Usage.


def ending(*chunks: Any) -> tuple[list[ChatEvent], pb.Finish]:
    answer = AnswerEvents(1)
    said = [event for one in chunks for event in answer.chunk(encoded(one))]
    return [event for event in said if event.HasField("usage")], answer.finish().finish


def test_usage_in_a_last_chunk_without_choices_is_the_finishs() -> None:
    interim, finish = ending(chunk({"content": "a"}, finish="stop"), usage_chunk())
    assert interim == []
    assert finish == pb.Finish(usage=usage_message())


def test_usage_in_every_chunk_is_interim_until_all_is_said() -> None:
    interim, finish = ending(
        chunk({"content": "a"}, usage=usage(completion=1)),
        chunk({"content": "b"}, finish="stop", usage=usage(completion=2)),
    )
    assert [event.usage.completion_tokens for event in interim] == [1]
    assert finish.usage.completion_tokens == 2


def test_usage_has_janus_figures_and_keeps_the_unknown() -> None:
    reported = usage(cost_usd=0.25, sandbox_seconds=3, completion_tokens_details={"reasoning_tokens": 1})
    _, finish = ending(chunk(finish="stop"), {**usage_chunk(), "usage": reported})
    details = '{"completion_tokens_details":{"reasoning_tokens":1}}'
    assert finish.usage == usage_message(cost_usd=0.25, sandbox_seconds=3.0, extra_json=details)


def test_without_usage_the_finish_has_none() -> None:
    _, finish = ending(chunk(finish="stop"))
    assert not finish.HasField("usage")


@pytest.mark.parametrize(
    ("chunks", "complaint"),
    [
        ([], "ended before it began"),
        ([usage_chunk()], "ended before it began"),
        ([chunk({"content": "a"})], "choice 0 has no finish_reason"),
        ([chunk(finish="stop"), chunk({"content": "b"}, index=1)], "choice 1 has no finish_reason"),
    ],
)
def test_an_answer_that_is_not_complete_has_no_finish(chunks: list[Any], complaint: str) -> None:
    answer = AnswerEvents(2)
    for one in chunks:
        answer.chunk(encoded(one))
    assert not answer.complete
    with pytest.raises(CompetitorFailed, match=complaint):
        answer.finish()


# Errors.


@pytest.mark.parametrize(
    ("said", "kind", "message", "code"),
    [
        ({"error": {"message": "no GPU", "code": "gpu"}}, "message", "no GPU", "gpu"),
        ({"error": {"message": "busy", "code": 503}}, "message", "busy", "503"),
        ({"error": "plain words"}, "message", "plain words", "competitor_failed"),
        ({"error": {}}, "message", "the competitor reported an error without a message", "competitor_failed"),
        ({"message": "by type"}, "error", "by type", "competitor_failed"),
        ({"error": {"message": "both"}}, "error", "both", "competitor_failed"),
    ],
)
def test_an_error_in_the_stream_is_raised(said: Any, kind: str, message: str, code: str) -> None:
    with pytest.raises(CompetitorFailed) as caught:
        AnswerEvents(1).chunk(encoded(said), kind)
    assert (caught.value.message, caught.value.code) == (message, code)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ([1], "the event is a list, not an object"),
        ({"choices": {}}, "choices is an object, not a list"),
        ({"choices": [5]}, "choices[0] is 5, not an object"),
        ({"choices": [{"index": -1}]}, "choices[0].index is -1, not a whole number"),
        ({"choices": [{"index": 1.5}]}, "choices[0].index is 1.5"),
        ({"choices": [{"index": "0"}]}, "choices[0].index is a string"),
        ({"choices": [{"index": [0], "delta": {"content": "x"}}]}, "choices[0].index is a list"),
        ({"choices": [{"index": True}]}, "choices[0].index is a boolean"),
        ({"choices": [{"index": 1}]}, "choices[0].index is 1, not below the 1 choices asked for"),
        ({"choices": [{"delta": "x"}]}, "choices[0].delta is a string, not an object"),
        (chunk({"content": 5}), "choices[0].delta.content is 5, not a string"),
        (chunk({"content": [{"type": "text"}]}), "choices[0].delta.content is a list, not a string"),
        (chunk({"reasoning_content": {}}), "choices[0].delta.reasoning_content is an object"),
        (chunk({"role": "wizard"}), "choices[0].delta.role is a string, not one of assistant,"),
        (chunk({"role": 1}), "choices[0].delta.role is 1, not a string"),
        (chunk({"tool_calls": {}}), "choices[0].delta.tool_calls is an object, not a list"),
        (chunk({"tool_calls": [{"index": -1}]}), "choices[0].delta.tool_calls[0].index is -1"),
        (chunk({"tool_calls": [{"index": 2**32}]}), "choices[0].delta.tool_calls[0].index is 4294967296"),
        (
            chunk({"tool_calls": [{"function": {"arguments": {}}}]}),
            "choices[0].delta.tool_calls[0].function.arguments is an object, not a string",
        ),
        (chunk({"janus": "x"}), "choices[0].delta.janus is a string, not an object"),
        (chunk({"janus": {}}), "choices[0].delta.janus.event is null, not a non-empty string"),
        (chunk({"janus": {"event": "e", "payload": [1]}}), "choices[0].delta.janus.payload is a list"),
        (chunk({"artifacts": [{"url": "u"}]}), "choices[0].delta.artifacts[0].id is null"),
        (chunk({"artifacts": [{"id": "a"}]}), "choices[0].delta.artifacts[0].url is null"),
        (
            chunk({"artifacts": [ARTIFACT | {"type": "film"}]}),
            "choices[0].delta.artifacts[0].type is a string, not one of binary, dataset, file, image",
        ),
        (chunk({"artifacts": [ARTIFACT | {"sha256": "zz"}]}), "artifacts[0].sha256 is a string, not 64 hex"),
        (chunk({"artifacts": [ARTIFACT | {"size_bytes": -1}]}), "artifacts[0].size_bytes is -1"),
        (
            chunk({"janus": {"event": "artifact", "payload": ARTIFACT | {"url": ""}}}),
            "choices[0].delta.janus.payload.url is a string, not a non-empty string",
        ),
        (chunk(finish=1), "choices[0].finish_reason is 1, not a string"),  # type: ignore[arg-type]
        (chunk(usage=5), "usage is 5, not an object"),
        (chunk(usage={"prompt_tokens": -1}), "usage.prompt_tokens is -1"),
        (chunk(usage={"cost_usd": "1"}), "usage.cost_usd is a string, not a number"),
    ],
)
def test_what_is_malformed_is_named_by_its_path(said: Any, where: str) -> None:
    assert where in fault(said)


@pytest.mark.parametrize(
    ("first", "where"),
    [
        (b'{"model": 5, "choices": []}', "model is 5, not a string"),
        (b'{"created": 1e300, "choices": []}', "created is 1e+300, not a time"),
        (b'{"choices": [', "invalid JSON"),
        (b'{"a": NaN}', "invalid JSON"),
        (b'{"a": "\xff"}', "invalid UTF-8 at byte 7 of an event"),
        (b'{"a": "\\ud800"}', "invalid JSON"),
        (b"[" * 5000, "invalid JSON"),
    ],
)
def test_what_is_no_json_is_said_to_be(first: bytes, where: str) -> None:
    with pytest.raises(CompetitorFailed) as caught:
        AnswerEvents(1).chunk(first)
    assert where in caught.value.message


# Whole completions.


def test_a_whole_completion_has_the_events_of_a_stream() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = message(
        "", reasoning_content="hm", refusal=None, tool_calls=[call], artifacts=[ARTIFACT], annotations=[]
    )
    body["choices"][0]["logprobs"] = {"content": None}
    body["service_tier"] = "default"
    answer = AnswerEvents(1)
    start = pb.AnswerStart(model="scripted", id="chatcmpl-1", created=1_700_000_000)
    assert answer.completion(encoded(body)) == [
        ChatEvent(start=start, extras=Extras(chunk_json='{"service_tier":"default"}')),
        ChatEvent(
            role=request_pb2.ROLE_ASSISTANT,
            extras=Extras(choice_json='{"logprobs":{"content":null}}', delta_json='{"annotations":[]}'),
        ),
        ChatEvent(reasoning="hm"),
        ChatEvent(content=""),
        ChatEvent(tool_call=pb.ToolCallDelta(index=0, id="c", type="function", name="f", arguments="{}")),
        ARTIFACT_EVENT,
        ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop")),
    ]
    assert answer.finish() == ChatEvent(finish=pb.Finish(usage=usage_message()))


def test_a_completion_needs_its_messages() -> None:
    body = message()
    del body["choices"][0]["message"]
    with pytest.raises(CompetitorFailed, match=r"choices\[0\]\.message is null, not an object"):
        AnswerEvents(1).completion(encoded(body))


def test_a_completion_may_be_an_error() -> None:
    with pytest.raises(CompetitorFailed, match="no GPU"):
        AnswerEvents(1).completion(b'{"error": {"message": "no GPU"}}')


def test_completions_of_several_choices_keep_their_index() -> None:
    body = message("a")
    body["choices"].append({"index": 1, "message": {"content": "b"}, "finish_reason": "length"})
    said = AnswerEvents(2).completion(encoded(body))
    assert [(event.choice, event.content) for event in said if event.HasField("content")] == [
        (0, "a"),
        (1, "b"),
    ]
