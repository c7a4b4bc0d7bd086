"""Parallel tool calls, as servers send them: each leaves with an index of its own, and none is merged."""

from typing import Any

import pytest

from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb
from janus_shim.events.surrogates import TextJoiner
from janus_shim.events.tool_calls import MAX_CALLS, ToolCalls

Entry = dict[str, Any]


def call(name: str = "", arguments: Any = None, **fields: Any) -> Entry:
    """One entry of `tool_calls`; what is not given is not in it."""
    function: Entry = {}
    if name:
        function["name"] = name
    if arguments is not None:
        function["arguments"] = arguments
    return {**fields, "function": function}


def joined(*deltas: list[Entry]) -> list[tuple[int, str, str, str]]:
    """What a client makes of the deltas: index, id, name, and arguments of each call."""
    calls = ToolCalls(TextJoiner())
    return assembled(
        [told for entries in deltas for told in calls.from_delta({"tool_calls": entries}, "delta")]
    )


def assembled(deltas: list[pb.ToolCallDelta]) -> list[tuple[int, str, str, str]]:
    """As openai-python joins them: by index, texts appended."""
    whole: dict[int, list[str]] = {}
    for delta in deltas:
        one = whole.setdefault(delta.index, ["", "", ""])
        one[0] += delta.id
        one[1] += delta.name
        one[2] += delta.arguments
    return [(index, *fields) for index, fields in whole.items()]  # type: ignore[misc]


TWO = [(0, "c1", "f", '{"a":1}'), (1, "c2", "f", '{"a":2}')]


def test_calls_with_index_and_id_are_joined_by_index() -> None:
    assert (
        joined(
            [call("f", "", index=0, id="c1")],
            [call("f", '{"a"', index=1, id="c2"), call(arguments='{"a"', index=0)],
            [call(arguments=":1}", index=0), call(arguments=":2}", index=1)],
        )
        == TWO
    )


def test_complete_calls_without_an_index_are_told_apart() -> None:
    assert joined([call("f", '{"a":1}', id="c1")], [call("f", '{"a":2}', id="c2")]) == TWO


def test_complete_calls_that_all_have_index_0_are_told_apart() -> None:
    assert joined([call("f", '{"a":1}', index=0, id="c1")], [call("f", '{"a":2}', index=0, id="c2")]) == TWO


def test_complete_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    assert joined([call("f", '{"a":1}')], [call("f", '{"a":2}')], [call("g", "{}")]) == [
        (0, "", "f", '{"a":1}'),
        (1, "", "f", '{"a":2}'),
        (2, "", "g", "{}"),
    ]


def test_several_calls_without_an_index_in_one_delta_are_told_apart() -> None:
    assert joined([call("f", '{"a":1}', id="c1"), call("f", '{"a":2}', id="c2")]) == TWO


def test_calls_of_index_0_in_one_delta_are_told_apart() -> None:
    assert joined([call("f", '{"a":1}', index=0, id="c1"), call("f", '{"a":2}', index=0, id="c2")]) == TWO


def test_pieces_without_an_index_continue_the_latest_call() -> None:
    assert (
        joined(
            [call("f", "", id="c1")],
            [call(arguments='{"a":1}')],
            [call("f", "", id="c2")],
            [call(arguments='{"a"')],
            [call(arguments=":2}")],
        )
        == TWO
    )


def test_pieces_with_the_id_of_an_earlier_call_continue_it() -> None:
    assert (
        joined(
            [call("f", '{"a"', id="c1"), call("f", '{"a"', id="c2")],
            [call(arguments=":1}", id="c1")],
            [call(arguments=":2}", id="c2")],
        )
        == TWO
    )


def test_an_id_and_a_name_that_every_piece_repeats_are_told_once() -> None:
    assert joined(
        [call("f", '{"a"', index=0, id="c1")],
        [call("f", ":1}", index=0, id="c1")],
        [call("f", "", index=0, id="c1")],
    ) == [(0, "c1", "f", '{"a":1}')]


def test_an_id_made_up_for_every_piece_does_not_begin_a_call() -> None:
    assert joined(
        [call("f", '{"a"', index=0, id="c1")],
        [call("f", ":", index=0, id="c2")],
        [call(arguments="1}", index=0, id="c3")],
    ) == [(0, "c1", "f", '{"a":1}')]


def test_a_name_in_pieces_is_one_name() -> None:
    assert joined(
        [call("get_", index=0, id="c")], [call("time", index=0)], [call(arguments="{}", index=0)]
    ) == [(0, "c", "get_time", "{}")]


def test_another_name_after_arguments_begins_a_call() -> None:
    assert joined([call("f", '{"open', index=0)], [call("g", "{}", index=0)]) == [
        (0, "", "f", '{"open'),
        (1, "", "g", "{}"),
    ]


@pytest.mark.parametrize("index", [-1, 2**40, "x", None, 1.5, [0]])
def test_an_index_out_of_range_is_replaced_by_a_free_one(index: Any) -> None:
    assert joined([call("f", "{}", index=index, id="c1")], [call("f", "{}", index=index, id="c2")]) == [
        (0, "c1", "f", "{}"),
        (1, "c2", "f", "{}"),
    ]


@pytest.mark.parametrize("index", ["1", 1.0])
def test_an_index_may_be_text_or_a_float(index: Any) -> None:
    assert joined([call("f", "{}", index=index, id="c")]) == [(1, "c", "f", "{}")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1]}, '{"a":[1]}'),
        ({}, "{}"),
        ([1], "[1]"),
        (5, "5"),
        (None, ""),
        ({"a": 2**70}, f'{{"a":{2**70}}}'),
    ],
)
def test_arguments_as_a_value_become_its_json(value: Any, text: str) -> None:
    assert joined([call("f", value, index=0, id="c")]) == [(0, "c", "f", text)]


def test_a_call_may_be_flat_or_not_in_a_list_and_its_id_a_number() -> None:
    calls = ToolCalls(TextJoiner())
    flat = {"tool_calls": {"id": 7, "name": "f", "arguments": {"a": 1}}}
    assert assembled(calls.from_delta(flat, "delta")) == [(0, "7", "f", '{"a":1}')]


def test_half_a_surrogate_pair_in_arguments_waits_for_the_other_half() -> None:
    assert joined([call("f", '"\ud83d', index=0)], [call(arguments='\ude00"', index=0)]) == [
        (0, "", "f", '"😀"')
    ]


def test_each_call_of_a_whole_message_is_a_call_of_its_own() -> None:
    calls = ToolCalls(TextJoiner())
    message = {"tool_calls": [call("f", "{}", index=0), call("f", "{}", index=0), call("f", "", id="c")]}
    assert assembled(calls.from_message(message, "message")) == [
        (0, "", "f", "{}"),
        (1, "", "f", "{}"),
        (2, "c", "f", ""),
    ]


def test_unknown_fields_of_a_call_travel_with_it() -> None:
    calls = ToolCalls(TextJoiner())
    (told,) = calls.from_delta({"tool_calls": [call("f", "{}", index=0, signature="s")]}, "delta")
    assert told.extra_json == '{"signature":"s"}'


def test_more_calls_than_the_bound_are_a_failure() -> None:
    calls = ToolCalls(TextJoiner())
    for number in range(MAX_CALLS):
        calls.from_delta({"tool_calls": [call("f", "{}", index=number, id=f"c{number}")]}, "delta")
    with pytest.raises(CompetitorFailed, match="more than 128 tool calls"):
        calls.from_delta({"tool_calls": [call("f", "{}", index=MAX_CALLS, id="one more")]}, "delta")


def test_a_flood_of_names_costs_no_more_than_its_length() -> None:
    """Arguments beyond 64 KiB are not kept, and so not read again for each name."""
    calls = ToolCalls(TextJoiner())
    calls.from_delta({"tool_calls": [call("f", '"' + "x" * 70_000, index=0, id="c")]}, "delta")
    for _ in range(1000):
        assert len(calls.from_delta({"tool_calls": [call("f", "x", index=0)]}, "delta")) == 1
    assert sum(len(piece) for one in calls._calls for piece in one.arguments) <= 64 * 1024
