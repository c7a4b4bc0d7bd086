"""JSON by RFC 8259: what is read, what is refused, and where a fault is said to be."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from janus_mesh import strict_json
from janus_mesh.errors import InvalidRequest

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=30,
)


def refused(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        strict_json.parse(body)
    assert caught.value.code == "invalid_json"
    return caught.value


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 1]))
@settings(derandomize=True, deadline=None)
def test_what_the_standard_encoder_writes_is_read_back(value: object, ascii_only: bool, indent: int | None):
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert strict_json.parse(body) == value


@given(
    st.binary()
    | st.text(alphabet='[]{}",:\\u0dE-.tnN \ud800').map(lambda text: text.encode(errors="replace"))
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_garbage_raises_nothing_but_invalid_request(body: bytes):
    try:
        strict_json.parse(body)
    except InvalidRequest as error:
        error.message.encode()
        error.param.encode()


@pytest.mark.parametrize("text", ["0", "-0", "-1", "12345678901234567890123", "-" + "9" * 1000])
def test_integers_keep_every_digit(text: str):
    value = strict_json.parse(text.encode())
    assert type(value) is int
    assert value == int(text)


@pytest.mark.parametrize("text", ["0.1", "-0.0", "1e2", "1E-7", "1.7976931348623157e308", "5e-324", "1.0"])
def test_numbers_with_a_point_or_an_exponent_are_doubles(text: str):
    value = strict_json.parse(text.encode())
    assert type(value) is float
    assert repr(value) == repr(float(text))


def test_a_nul_character_may_stand_in_a_string_as_an_escape():
    assert strict_json.parse(rb'{"a": "\u0000"}') == {"a": "\0"}


def test_a_surrogate_pair_by_escapes_is_one_character():
    assert strict_json.parse(rb'"\ud83d\ude00"') == "\U0001f600"


def test_sixty_four_levels_are_allowed():
    assert strict_json.parse(b"[" * 64 + b"]" * 64) is not None


def test_brackets_in_strings_are_no_levels():
    assert strict_json.parse(b'["' + b"[{" * 1000 + b'"]') == ["[{" * 1000]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("levels", [65, 1_000, 40_000])
def test_any_deeper_nesting_is_refused(opening: bytes, levels: int):
    closing = {b"[": b"]", b'{"a":': b"}", b'[{"a":': b"}]"}[opening]
    assert "deeper than 64" in refused(opening * levels + b"1" + closing * levels).message


def test_the_first_fault_in_the_document_is_the_one_reported():
    assert refused(b'{"a": [1, NaN], "b": {"c": 1e999}}').param == "a[1]"


def test_a_fault_behind_a_long_integer_is_still_found():
    error = refused(b'{"a": 1, "b": ' + b"1" * 5000 + b', "c": NaN}')
    assert (error.param, "5000 digits" in error.message) == ("b", True)


def test_a_syntax_error_behind_a_long_integer_is_a_syntax_error():
    assert "line 2, column 1" in refused(b"[" + b"1" * 5000 + b"\n}").message


def test_a_repeated_key_is_named_with_its_path():
    error = refused(b'{"a": [{"b": 1, "c": 2, "b": 3}]}')
    assert error.param == "a[0].b"
    assert error.message == "`a[0].b` occurs twice in one object"


def test_a_key_may_occur_once_in_each_object():
    assert strict_json.parse(b'{"a": {"a": 1}, "b": {"a": 2}}') == {"a": {"a": 1}, "b": {"a": 2}}


def test_messages_do_not_repeat_the_body():
    secret = b"s3cr3t" * 1000
    for body in (b'{"a": "%b" x}', b'{"%b": NaN}', b'{"a": "%b", "a": 1}', b'"%b\xff"', b'["%b'):
        error = refused(body.replace(b"%b", secret))
        assert len(error.message) < 200
        assert len(error.param) < 100


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([], ""),
        (["messages", 0, "content", 1, "image_url", "url"], "messages[0].content[1].image_url.url"),
        ([0, 1], "[0][1]"),
        (["x-y", "_z"], "x-y._z"),
        (["metadata", "two words"], 'metadata["two words"]'),
        (["metadata", ""], 'metadata[""]'),
        (["a", "größe"], 'a["größe"]'),
        (["a", "\ud800"], r'a["\ud800"]'),
        (["a", "k" * 100], f'a["{"k" * 40}..."]'),
        (["a"] * 17, ".".join("a" * 16) + "..."),
    ],
)
def test_paths_are_written_like_openai_writes_them(steps: list[str | int], path: str):
    assert strict_json.path_of(steps) == path
