"""What a competitor says, chunk by chunk, as events."""

import json
from typing import Any

import pytest
from support.competitor_scripts import chunk, message, usage, usage_chunk

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2
from janus_shim.events import AnswerEvents

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


STOP = ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop"))


def speech(text: str) -> dict[str, Any]:
    """A chunk that says nothing of itself."""
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def ending(*chunks: Any, done: bool = True) -> list[ChatEvent]:
    """The last events of an answer of these chunks."""
    answer = AnswerEvents(1)
    for one in chunks:
        answer.chunk(encoded(one))
    return answer.ending(done=done)


def finish(*chunks: Any) -> pb.Finish:
    return ending(*chunks)[-1].finish


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


def test_a_start_waits_for_a_chunk_that_names_the_model_or_says_something() -> None:
    answer = AnswerEvents(1)
    assert answer.chunk(b'{"choices": []}') == []
    (event,) = answer.chunk(b'{"created": 17.9, "model": "m", "choices": []}')
    assert event == ChatEvent(start=pb.AnswerStart(model="m", created=17))
    assert [event.WhichOneof("payload") for event in AnswerEvents(1).chunk(encoded(speech("a")))] == [
        "start",
        "content",
    ]


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


def test_a_finish_reason_is_told_once_at_the_end() -> None:
    last = chunk({"content": "a"}, finish="stop")
    assert events(last, chunk(finish="length")) == [ChatEvent(content="a")]
    assert ending(last, chunk(finish="length"))[0] == STOP


def test_an_empty_finish_reason_does_not_finish() -> None:
    answer = AnswerEvents(1)
    assert answer.chunk(encoded(chunk({"content": "a"}, finish="")))[-1] == ChatEvent(content="a")
    assert not answer.complete


def test_what_comes_after_the_finish_reason_is_passed_on_before_it() -> None:
    late = chunk({"role": "assistant", "content": "x"}), chunk({"content": ""})
    answer = AnswerEvents(1)
    said = [
        event
        for one in (chunk({"content": "a"}, finish="stop"), *late)
        for event in answer.chunk(encoded(one))
    ]
    assert "".join(event.content for event in said) == "ax"
    assert answer.ending(done=True) == [STOP, ChatEvent(finish=pb.Finish())]


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


def test_unknown_fields_of_a_chunk_without_choices_travel_with_the_next_event_of_a_choice() -> None:
    assert events({"citations": ["y"]}, chunk({"content": "a"})) == [
        ChatEvent(content="a", extras=Extras(chunk_json='{"citations":["y"]}'))
    ]
    assert ending(chunk({"content": "a"}, finish="stop"), {"citations": ["y"]})[-1] == ChatEvent(
        finish=pb.Finish(), extras=Extras(chunk_json='{"citations":["y"]}')
    )


def test_unknown_fields_beside_a_finish_reason_travel_with_it() -> None:
    finish = ending(chunk({"content": "a"}), chunk(finish="stop", choice={"stop_reason": 7}))[0]
    assert finish == ChatEvent(
        choice_finish=pb.ChoiceFinish(reason="stop"), extras=Extras(choice_json='{"stop_reason":7}')
    )


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


def test_usage_in_a_last_chunk_without_choices_is_the_finishs() -> None:
    assert finish(chunk({"content": "a"}, finish="stop"), usage_chunk()) == pb.Finish(usage=usage_message())


def test_usage_in_every_chunk_is_told_once_at_the_end() -> None:
    answer = AnswerEvents(1)
    for count in range(1, 7):
        said = chunk({"content": "a"}, usage=usage(completion=count), finish="stop" if count == 6 else None)
        assert not any(event.HasField("usage") for event in answer.chunk(encoded(said)))
    assert answer.ending(done=True)[-1].finish.usage.completion_tokens == 6


def test_usage_has_janus_figures_and_keeps_the_unknown() -> None:
    reported = usage(cost_usd=0.25, sandbox_seconds=3, completion_tokens_details={"reasoning_tokens": 1})
    details = '{"completion_tokens_details":{"reasoning_tokens":1}}'
    assert finish(chunk(finish="stop"), {**usage_chunk(), "usage": reported}).usage == usage_message(
        cost_usd=0.25, sandbox_seconds=3.0, extra_json=details
    )


def test_without_usage_the_finish_has_none() -> None:
    assert not finish(chunk(finish="stop")).HasField("usage")
    assert not finish(chunk(finish="stop", usage={})).HasField("usage")


@pytest.mark.parametrize(
    "figures",
    [
        usage() | {"completion_tokens": -35},
        usage() | {"prompt_tokens": "3"},
        usage() | {"total_tokens": 2.5},
        usage() | {"completion_tokens": True},
        usage() | {"completion_tokens": 2**64},
        {"tokens": 5},
        [3, 2],
        "many",
    ],
    ids=["negative", "text", "fraction", "boolean", "too large", "other names", "a list", "a word"],
)
def test_usage_that_makes_no_sense_is_flagged_and_the_answer_stands(figures: Any) -> None:
    last = ending(chunk({"content": "a"}, finish="stop"), {**usage_chunk(), "usage": figures})[-1]
    assert not last.finish.HasField("usage")
    assert json.loads(last.extras.chunk_json) == {"invalid_usage": figures}


def test_a_token_count_may_be_written_as_a_float_and_the_total_may_be_missing() -> None:
    figures = {"prompt_tokens": 3.0, "completion_tokens": 2}
    assert finish(chunk(finish="stop", usage=figures)).usage == usage_message()


def test_a_cost_that_is_not_an_amount_is_flagged_beside_the_counts() -> None:
    figures = usage(cost_usd="1", sandbox_seconds=float("inf"))
    told = finish(chunk(finish="stop", usage=figures)).usage
    assert (told.total_tokens, told.HasField("cost_usd")) == (5, False)
    assert json.loads(told.extra_json) == {"invalid": {"cost_usd": "1"}}


# The ending.


@pytest.mark.parametrize(
    ("chunks", "complaint"),
    [
        ([], "ended before it began"),
        ([usage_chunk()], "ended before it began"),
        ([chunk({"content": "a"})], "choice 0 has no finish_reason"),
        ([chunk(finish="stop"), chunk({"content": "b"}, index=1)], "choice 1 has no finish_reason"),
    ],
)
def test_an_answer_that_is_cut_short_has_no_ending(chunks: list[Any], complaint: str) -> None:
    answer = AnswerEvents(2)
    for one in chunks:
        answer.chunk(encoded(one))
    assert not answer.complete
    with pytest.raises(CompetitorFailed, match=complaint):
        answer.ending(done=False)


def test_an_answer_that_is_said_to_be_done_needs_no_finish_reason() -> None:
    assert ending(chunk({"content": "a"}))[0] == STOP
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    assert ending(chunk({"tool_calls": [call]}))[0].choice_finish.reason == "tool_calls"


def test_an_answer_without_a_word_is_not_done() -> None:
    with pytest.raises(CompetitorFailed, match="choice 0 has no finish_reason"):
        ending(chunk({"role": "assistant", "content": ""}))


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
        (["a", "b"], "the event is a list, not an object"),
        (b'"words"', "the event is a string, not an object"),
        ({"choices": {}}, "choices is an object, not a list"),
        ({"choices": [5]}, "choices[0] is 5, not an object"),
        ({"choices": [{"delta": "x"}]}, "choices[0].delta is a string, not an object"),
        (chunk({"tool_calls": 5}), "choices[0].delta.tool_calls is 5, not a list"),
        (chunk({"tool_calls": [5]}), "choices[0].delta.tool_calls[0] is 5, not an object"),
        (chunk({"tool_calls": [{"function": "f"}]}), "tool_calls[0].function is a string, not an object"),
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
    ],
)
def test_what_is_malformed_is_named_by_its_path(said: Any, where: str) -> None:
    assert where in fault(said)


@pytest.mark.parametrize(
    ("first", "where"),
    [
        (b'{"choices": [', "invalid JSON"),
        (b'{"a": 1,}', "invalid JSON"),
        (b"{'a': 1}", "invalid JSON"),
        (b'{"a": 1} {"b": 2}', "invalid JSON"),
        (b'{"a": "\xff"}', "invalid UTF-8 at byte 7 of an event"),
        (b"[" * 5000, "invalid JSON: it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "invalid JSON"),
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
        ARTIFACT_EVENT,
        ChatEvent(reasoning="hm"),
        ChatEvent(content=""),
        ChatEvent(tool_call=pb.ToolCallDelta(index=0, id="c", type="function", name="f", arguments="{}")),
    ]
    assert answer.ending(done=True) == [STOP, ChatEvent(finish=pb.Finish(usage=usage_message()))]


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
