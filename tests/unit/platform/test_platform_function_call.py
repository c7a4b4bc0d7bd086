"""Function calls: their schema, and reading them while they are made."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janus_platform.inference.embedded.function_call import CallReader, call_schema
from janus_platform.inference.embedded.request import Function

ARGUMENTS = st.dictionaries(
    st.text(), st.text() | st.integers() | st.lists(st.text(), max_size=2), max_size=4
)


def read(text: str, *cuts: int) -> tuple[str, str, bool]:
    """Name, arguments and completeness of what a reader makes of a text in pieces."""
    reader = CallReader()
    bounds = [0, *sorted(cuts), len(text)]
    deltas = [delta for start, stop in pairwise(bounds) for delta in reader.feed(text[start:stop])]
    name = "".join(delta.name for delta in deltas)
    return name, "".join(delta.arguments for delta in deltas), reader.complete


@given(ARGUMENTS, st.sampled_from([None, 2]), st.lists(st.integers(0, 200), max_size=6))
def test_a_call_is_read_whatever_the_pieces(
    arguments: dict[str, object], indent: int | None, cuts: list[int]
) -> None:
    text = json.dumps({"name": "f", "arguments": arguments}, indent=indent)
    name, written, complete = read(text, *(cut for cut in cuts if cut <= len(text)))
    assert name == "f"
    assert json.loads(written) == arguments
    assert complete


def test_each_piece_is_passed_on_at_once() -> None:
    reader = CallReader()
    assert reader.feed('{"name": "f", "arg') == []
    assert [delta.name for delta in reader.feed('uments": {"a')] == ["f", ""]
    assert [delta.arguments for delta in reader.feed('": "}')] == ['": "}']
    assert not reader.complete
    assert [delta.arguments for delta in reader.feed('"}}')] == ['"}']
    assert reader.complete


@pytest.mark.parametrize("text", ["", "{", '{"name": "f"', '{"name": "f", "arguments": {"a": 1'])
def test_a_call_that_is_cut_off_is_not_complete(text: str) -> None:
    assert not read(text)[2]


def test_one_function_is_its_own_schema() -> None:
    schema = call_schema([Function(name="f", parameters={"type": "object"})])
    assert schema["properties"] == {"name": {"const": "f"}, "arguments": {"type": "object"}}


def test_of_several_functions_any_will_do() -> None:
    schema = call_schema([Function(name="f"), Function(name="g")])
    assert [each["properties"]["name"]["const"] for each in schema["anyOf"]] == ["f", "g"]


def test_references_are_moved_with_their_schema() -> None:
    parameters = {"properties": {"p": {"$ref": "#/$defs/P"}}, "$defs": {"P": {"anyOf": [{"$ref": "#"}]}}}
    function = Function(name="f", parameters=parameters)
    alone = call_schema([function])["properties"]["arguments"]
    assert alone["properties"]["p"]["$ref"] == "#/properties/arguments/$defs/P"
    assert alone["$defs"]["P"]["anyOf"][0]["$ref"] == "#/properties/arguments"
    second = call_schema([Function(name="g"), function])["anyOf"][1]["properties"]["arguments"]
    assert second["properties"]["p"]["$ref"] == "#/anyOf/1/properties/arguments/$defs/P"
