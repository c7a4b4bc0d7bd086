"""Chunks that are merely odd: what they say arrives, and nothing that arrived is lost."""

import json
from typing import Any

import pytest
from support.competitor_scripts import chunk, message

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_proto._gen.janus.chat.v1 import request_pb2
from janus_shim.events import AnswerEvents
from janus_shim.events.start import MAX_LABEL

ChatEvent = pb.ChatEvent


def encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def answer(*chunks: Any, choices: int = 1, done: bool = True) -> list[ChatEvent]:
    """All events of an answer of these chunks."""
    events = AnswerEvents(choices)
    return [event for one in chunks for event in events.chunk(encoded(one))] + events.ending(done=done)


def text(events: list[ChatEvent]) -> str:
    return "".join(event.content for event in events)


def reasoning(events: list[ChatEvent]) -> str:
    return "".join(event.reasoning for event in events)


def said(*deltas: dict[str, Any]) -> list[ChatEvent]:
    return answer(*(chunk(delta) for delta in deltas))


# Surrogate pairs cut in two.


def test_a_pair_that_is_cut_between_chunks_is_joined() -> None:
    assert text(said({"content": "a\ud83d"}, {"content": "\ude00!"}, {"content": "b"})) == "a😀!b"


def test_half_a_pair_without_its_other_half_is_replaced_and_the_rest_arrives() -> None:
    assert text(said({"content": "a\ud83d"}, {"content": "b"}, {"content": "\ude00c"})) == "a\ufffdb\ufffdc"


def test_half_a_pair_at_the_end_of_the_answer_is_replaced() -> None:
    assert text(said({"content": "a\ud83d"})) == "a\ufffd"


def test_a_pair_is_joined_across_chunks_that_say_something_else() -> None:
    events = said({"content": "\ud83d"}, {"reasoning_content": "hm"}, {"content": "\ude00"})
    assert (text(events), reasoning(events)) == ("😀", "hm")


def test_pairs_of_reasoning_and_of_each_choice_are_joined_apart() -> None:
    events = answer(
        chunk({"reasoning_content": "\ud83d"}),
        chunk({"content": "\ud83d"}, index=1),
        chunk({"reasoning_content": "\ude00"}),
        chunk({"content": "\ude01"}, index=1),
        choices=2,
    )
    assert [
        (event.choice, event.reasoning, event.content) for event in events if event.reasoning or event.content
    ] == [
        (0, "😀", ""),
        (1, "", "😁"),
    ]


def test_half_a_pair_in_an_unknown_field_or_a_name_is_replaced() -> None:
    events = answer(chunk({"content": "a", "note\ud83d": "\ude00"}, model="m\ud83d", finish="\ud83d"))
    assert events[0].start.model == "m\ufffd"
    assert json.loads(events[1].extras.delta_json) == {"note\ufffd": "\ufffd"}
    assert events[2].choice_finish.reason == "\ufffd"


def test_the_template_does_not_pass_a_chunk_while_half_a_pair_waits() -> None:
    events = AnswerEvents(1)
    for one in ("x", "y", "a\ud83d"):
        events.chunk(encoded(chunk({"content": one})))
    assert events.plain(encoded(chunk({"content": "b"}))) is None
    assert text(events.chunk(encoded(chunk({"content": "b"})))) == "\ufffdb"
    assert text(events.chunk(encoded(chunk({"content": "c"})))) == "c"


# JSON that is not quite JSON.


def test_nan_and_infinity_in_unknown_fields_are_null() -> None:
    (_, event, *_) = answer(
        b'{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"x":[NaN,-Infinity,1e999]}}]}'
    )
    assert json.loads(event.extras.choice_json) == {"logprobs": {"x": [None, None, None]}}


def test_control_characters_inside_a_string_are_kept() -> None:
    assert text(answer(b'{"choices":[{"index":0,"delta":{"content":"a\tb\x00c"}}]}')) == "a\tb\x00c"


def test_integers_in_unknown_fields_keep_all_their_digits() -> None:
    (_, event, *_) = answer(chunk({"content": "a"}, choice={"tokens": 2**64 + 1}))
    assert event.extras.choice_json == '{"tokens":18446744073709551617}'


def test_the_last_of_two_equal_keys_counts() -> None:
    assert text(answer(b'{"choices":[{"index":0,"delta":{"content":"a","content":"b"}}]}')) == "b"


def test_an_unknown_field_that_is_nested_too_deeply_is_a_failure() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(CompetitorFailed, match="nested deeper than 200 levels"):
        answer(chunk({"content": "a"}, choice={"deep": deep}))


# Content and reasoning in other forms.


def test_content_as_a_list_of_parts_is_reasoning_and_text() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True},
        {"type": "text", "text": "Hi", "annotations": []},
        " there",
        {"type": "refusal", "refusal": "no"},
    ]
    events = said({"content": parts})
    assert (reasoning(events), text(events)) == ("hm", "Hi there")
    assert [event.refusal for event in events if event.refusal] == ["no"]
    assert json.loads(events[1].extras.delta_json) == {
        "content_parts": [{"type": "thinking", "closed": True}]
    }


def test_content_parts_of_an_unknown_type_are_kept() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:,x"}}
    (_, event, *_) = said({"content": [part, {"type": "text", "text": "a"}]})
    assert (event.content, json.loads(event.extras.delta_json)) == ("a", {"content_parts": [part]})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"type": "text", "text": "a"}, "a"),
        ({"text": "a"}, "a"),
        (5, "5"),
        (["a", "b"], "ab"),
        ([], ""),
        (None, ""),
    ],
)
def test_content_of_other_types_is_text(content: Any, expected: str) -> None:
    assert text(answer(chunk({"content": content}), chunk({"content": ""}, finish="stop"))) == expected


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_has_several_names(name: str) -> None:
    events = said({name: "hm"}, {name: "", "content": "a"}, {name: None, "content": "b"})
    assert (reasoning(events), text(events)) == ("hm", "ab")
    assert not any(event.extras.delta_json for event in events)


def test_reasoning_under_two_names_is_said_once() -> None:
    assert reasoning(said({"reasoning": "hm", "reasoning_content": "hm"})) == "hm"
    assert reasoning(said({"reasoning": "hm", "reasoning_content": ""})) == "hm"


def test_reasoning_that_differs_under_another_name_is_kept_as_an_unknown_field() -> None:
    events = said({"reasoning": "other", "reasoning_content": "hm"})
    assert (reasoning(events), events[1].extras.delta_json) == ("hm", '{"reasoning":"other"}')


def test_a_reasoning_object_is_kept_as_an_unknown_field() -> None:
    (_, event, *_) = said({"reasoning": {"effort": "low"}, "content": "a"})
    assert (event.content, event.extras.delta_json) == ("a", '{"reasoning":{"effort":"low"}}')


@pytest.mark.parametrize("role", ["model", "bot", "ai", "wizard", 1])
def test_a_role_of_another_name_is_the_assistant(role: Any) -> None:
    assert answer(chunk({"role": role, "content": "a"}))[1] == ChatEvent(role=request_pb2.ROLE_ASSISTANT)


@pytest.mark.parametrize("role", [None, ""])
def test_a_missing_role_is_not_said(role: Any) -> None:
    assert [event.WhichOneof("payload") for event in said({"role": role, "content": "a"})[1:2]] == ["content"]


# Choices.


@pytest.mark.parametrize("index", [None, -1, 1.5, "0", "x", True, [0], 7])
def test_with_one_choice_asked_for_any_index_means_it(index: Any) -> None:
    first, second = chunk({"content": "a"}), chunk({"content": "b"}, choice={"index": index})
    assert [(event.choice, event.content) for event in answer(first, second)[1:3]] == [(0, "a"), (0, "b")]


def test_an_index_that_counts_the_chunks_means_the_one_choice() -> None:
    counted = [chunk({"content": str(number)}, index=number) for number in range(5)]
    assert text(answer(*counted, chunk(finish="stop", index=5))) == "01234"


@pytest.mark.parametrize("index", [-1, 1.5, "x", 2])
def test_with_several_choices_asked_for_a_wrong_index_is_a_failure(index: Any) -> None:
    with pytest.raises(CompetitorFailed, match=r"choices\[0\]\.index"):
        answer(chunk({"content": "a"}, choice={"index": index}), choices=2)


def test_more_choices_than_asked_for_are_a_failure() -> None:
    two = chunk({"content": "a"})
    two["choices"].append({"index": 1, "delta": {"content": "b"}})
    with pytest.raises(CompetitorFailed, match="below the 1 choices asked for"):
        answer(two)


@pytest.mark.parametrize(
    "nothing", [{"choices": None}, {"choices": [{"index": 0, "delta": None}]}, {}, None, []]
)
def test_nulls_say_nothing(nothing: Any) -> None:
    assert text(answer(chunk({"content": "a"}), nothing, chunk({"content": "b"}))) == "ab"


def test_a_whole_message_in_a_chunk_is_read() -> None:
    whole = message("Hello", tool_calls=None)
    assert text(answer(whole)) == "Hello"


def test_a_message_beside_the_deltas_repeats_them_and_is_not_said() -> None:
    both = [
        chunk({"content": "a"}, choice={"message": {"role": "assistant", "content": "a"}}),
        chunk({"content": "b"}, choice={"message": {"role": "assistant", "content": "ab"}}),
        chunk({"content": ""}, choice={"message": {"role": "assistant", "content": "ab"}}, finish="stop"),
    ]
    assert text(answer(*both)) == "ab"


def test_a_choice_with_text_in_place_of_a_delta_is_read() -> None:
    assert text(answer({"choices": [{"index": 0, "text": "a", "finish_reason": None}]})) == "a"


@pytest.mark.parametrize("reason", ["eos", "STOP", "max_tokens", "tool_use"])
def test_an_unknown_finish_reason_is_kept(reason: str) -> None:
    assert answer(chunk({"content": "a"}, finish=reason))[-2].choice_finish.reason == reason


def test_a_finish_reason_that_is_not_text_is_a_stop() -> None:
    finished = chunk({"content": "a"}, choice={"finish_reason": 1})
    assert answer(finished)[-2].choice_finish.reason == "stop"


# The head of chunks.


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", 17), ("id", None), ("created", "now"), ("created", -1), ("created", 1e300), ("model", 5)],
)
def test_an_identity_of_the_wrong_type_is_left_to_janus(name: str, value: Any) -> None:
    start = answer(chunk({"content": "a"}, **{name: value}))[0].start
    assert not getattr(start, name)


def test_the_model_of_a_later_chunk_is_the_answers() -> None:
    first = {"choices": [], "model": "", "id": "", "created": 0, "prompt_filter_results": [{"hate": "safe"}]}
    second = chunk({"role": "assistant", "content": ""}, model="gpt-4o", system_fingerprint="fp")
    third = chunk({"content": "a"}, model="gpt-4o", system_fingerprint="fp")
    start, role, content, *_ = answer(first, second, third)
    assert (start.start.model, json.loads(start.extras.chunk_json)) == (
        "gpt-4o",
        {"system_fingerprint": "fp"},
    )
    assert json.loads(role.extras.chunk_json) == {"prompt_filter_results": [{"hate": "safe"}]}
    assert not content.HasField("extras")


def test_objects_and_long_texts_beside_the_choices_are_not_for_every_chunk() -> None:
    long = "x" * (MAX_LABEL + 1)
    start, content, *_ = answer(chunk({"content": "a"}, tier="t", usage_hint={"a": 1}, note=long, model=long))
    assert json.loads(start.extras.chunk_json) == {"tier": "t"}
    assert json.loads(content.extras.chunk_json) == {"usage_hint": {"a": 1}, "note": long}
    assert start.start.model == long[:MAX_LABEL]


@pytest.mark.parametrize(
    "ping", [{"type": "ping"}, {"type": "heartbeat", "n": 1}, {"type": "keepalive", "choices": []}]
)
def test_a_keep_alive_in_the_data_says_nothing(ping: Any) -> None:
    events = AnswerEvents(1)
    assert events.chunk(encoded(ping)) == []
    events.chunk(encoded(chunk({"content": "a"})))
    assert events.chunk(encoded(ping)) == []
    assert not events.ending(done=True)[-1].HasField("extras")


def test_unknown_fields_that_wait_for_an_answer_are_bounded() -> None:
    with pytest.raises(CompetitorFailed, match="too many unknown fields"):
        answer(*({f"field{number}": "x" * 100_000} for number in range(30)))


# What only null fields or a repeated role stand beside is plain text still.


def test_nulls_and_a_repeated_role_beside_the_text_are_read_by_the_template() -> None:
    events = AnswerEvents(1)
    deltas = [
        {"role": "assistant", "content": word, "reasoning_content": None, "tool_calls": None}
        for word in "abc"
    ]
    events.chunk(encoded(chunk(deltas[0])))
    assert events.chunk(encoded(chunk(deltas[1]))) == [ChatEvent(content="b")]
    assert events.plain(encoded(chunk(deltas[2]))) == "c"


def test_a_role_that_is_new_is_told_although_the_rest_is_plain() -> None:
    events = AnswerEvents(1)
    events.chunk(encoded(chunk({"content": "a"})))
    assert events.chunk(encoded(chunk({"role": "assistant", "content": "b"}))) == [
        ChatEvent(role=request_pb2.ROLE_ASSISTANT),
        ChatEvent(content="b"),
    ]
