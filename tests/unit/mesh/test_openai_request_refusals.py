"""Every bad request of the table is refused for the right reason, at the right place."""

import binascii
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bad_requests import BAD_REQUESTS, BadRequest
from support.good_requests import PLACES, request

from janus_mesh.errors import InvalidRequest
from janus_mesh.openai import parse_chat_request
from janus_mesh.openai.schema.scalars import is_base64

PARSED = [bad for bad in BAD_REQUESTS if not bad.http_only]


def refused(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_chat_request(body)
    return caught.value


@pytest.mark.parametrize("bad", PARSED, ids=lambda bad: bad.name)
def test_bad_requests_are_refused_with_param_and_code(bad: BadRequest):
    error = refused(bad.body)
    assert (error.param or None, error.code, error.http_status) == (bad.param, bad.code, bad.status)
    assert bad.says in error.message
    assert error.message.startswith(f"`{bad.param}` " if bad.param else "the body ")


def test_the_table_has_unique_names_and_is_long_enough():
    names = [bad.name for bad in BAD_REQUESTS]
    assert len(set(names)) == len(names) >= 70


@pytest.mark.parametrize("bad", PARSED, ids=lambda bad: bad.name)
def test_messages_show_a_glimpse_at_most(bad: BadRequest):
    assert len(refused(bad.body).message) < 250


def test_a_long_value_is_cut():
    error = refused(json.dumps(request(stream="s" * 10_000)).encode())
    assert error.message == f'`stream` must be true or false, not "{"s" * 40}..."'


def test_a_long_number_is_cut():
    error = refused(json.dumps(request(n=10**60)).encode())
    assert error.message == f"`n` must be at most 128, not 1{'0' * 39}..."


def test_the_path_is_not_misled_by_unknown_fields_named_like_branches():
    message = {"role": "user", "user": {"content": {"array": 1}}, "content": 5}
    assert refused(json.dumps(request(message)).encode()).param == "messages[0].content"


@pytest.mark.parametrize("key", ["content", "stop", "[key]", "tool_choice", "messages"])
def test_the_path_is_not_misled_by_labels_named_like_fields(key: str):
    error = refused(json.dumps(request(metadata={key: 1})).encode())
    assert error.param in (f"metadata.{key}", f'metadata["{key}"]')


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["user", "assistant", "text", "image_url", "function", "json_schema", "data:image/"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["role", "content", "type", "text", "image_url", "url", "function", "name", "id"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from(PLACES))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_any_json_anywhere_raises_nothing_but_invalid_request(value: Any, place: Any):
    try:
        parse_chat_request(json.dumps(place(value)).encode())
    except InvalidRequest as error:
        error.message.encode()
        error.param.encode()


@given(
    st.text(alphabet="AZaz09+/=-_ \nü", max_size=12)
    | st.binary(max_size=12).map(lambda b: binascii.b2a_base64(b).decode())
)
@settings(derandomize=True, deadline=None, max_examples=250)
def test_base64_is_what_a_strict_decoder_takes(text: str):
    try:
        decoded = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, or characters beyond ASCII
        decoded = b""
    assert is_base64(text) == bool(decoded)
    assert is_base64(f"head,{text}", 5) == bool(decoded)
