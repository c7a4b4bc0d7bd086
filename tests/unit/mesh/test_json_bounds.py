"""The number of values in a JSON text, counted without building them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from janus_mesh import strict_json
from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import MAX_VALUES, count_values, most_values, require_few_values

ENOUGH = 10**9

TEXTS = st.text(st.sampled_from('a,[]{}":\\/é\U0001f600\n') | st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=30,
)


def counted(value: Any) -> int:
    """The number of values, an empty array or object counting as two."""
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return 1 + sum(map(counted, members)) if members else 2
    return 1


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@settings(derandomize=True, deadline=None)
def test_every_value_is_counted_once(value: Any, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert count_values(body, stop=ENOUGH) == counted(value)
    assert most_values(body, stop=ENOUGH) >= counted(value)


@given(VALUES, st.integers(1, 8))
@settings(derandomize=True, deadline=None)
def test_pieces_do_not_change_the_count(value: Any, size: int) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("janus_mesh.json_bounds._PIECE_BYTES", size)
        assert count_values(body, stop=ENOUGH) == counted(value)


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_any_bytes_can_be_counted(body: bytes) -> None:
    assert 1 <= count_values(body, stop=ENOUGH) <= len(body) + 1


FULL = json.dumps([1] * (MAX_VALUES - 1)).encode()


def test_as_many_values_as_allowed_are_read() -> None:
    assert len(strict_json.parse(FULL)) == MAX_VALUES - 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([1] * MAX_VALUES).encode(),
        json.dumps({"a": [{"b": 1}] * MAX_VALUES}).encode(),
        b"[" * (MAX_VALUES + 1),
        b"{}," * MAX_VALUES,  # not JSON, and refused without a look at it
    ],
)
def test_more_values_are_refused_before_they_are_parsed(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("janus_mesh.strict_json._decoded")
    with pytest.raises(InvalidRequest, match="more than 100000 JSON values") as caught:
        strict_json.parse(body)
    assert caught.value.code == "too_many_values"


def test_text_full_of_separators_is_one_value() -> None:
    body = json.dumps({"text": '\\",[{' * MAX_VALUES}).encode()
    assert most_values(body, stop=ENOUGH) > MAX_VALUES
    require_few_values(body)


def test_a_body_may_have_another_limit() -> None:
    require_few_values(b"[1,2]", limit=3)
    with pytest.raises(InvalidRequest, match="more than 2 JSON values"):
        require_few_values(b"[1,2]", limit=2)


def test_one_object_has_a_bounded_number_of_keys() -> None:
    body = json.dumps({"x": {str(number): 0 for number in range(10_001)}}).encode()
    with pytest.raises(InvalidRequest, match="`x` has more than 10000 keys"):
        strict_json.parse(body)


def test_an_integer_has_a_bounded_number_of_digits() -> None:
    with pytest.raises(InvalidRequest, match=r"`x\[0\]` is an integer of 1001 digits"):
        strict_json.parse(b'{"x": [-1' + b"0" * 1000 + b"]}")
