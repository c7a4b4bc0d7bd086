"""Replacing the model in a body, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janus_platform.inference.model_field import with_model

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (b'{"model":"a"}', b'{"model":"new"}'),
        (
            b' {\n"x" : 1.0 ,\t"model" :\n "a" , "y":[ ] } ',
            b' {\n"x" : 1.0 ,\t"model" :\n "new" , "y":[ ] } ',
        ),
        (b'{"m":{"model":"a"},"model":"b"}', b'{"m":{"model":"a"},"model":"new"}'),
        (b'{"a":["model","x"],"model":"b"}', b'{"a":["model","x"],"model":"new"}'),
        (b'{"a":"model","model":"b"}', b'{"a":"model","model":"new"}'),
        (b'{"model":"a\\"}","z":"model"}', b'{"model":"new","z":"model"}'),
        (b'{"mod\\u0065l":"a"}', b'{"mod\\u0065l":"new"}'),
        (b'{"model":"a","model":"b"}', b'{"model":"new","model":"new"}'),
    ],
)
def test_only_the_top_level_model_changes(body: bytes, changed: bytes) -> None:
    assert with_model(body, "new") == changed


@given(st.dictionaries(st.text(), JSON, max_size=6), st.text(min_size=1))
def test_it_is_the_same_object_with_another_model(fields: dict[str, object], model: str) -> None:
    body = json.dumps({**fields, "model": "old"}).encode()
    assert json.loads(with_model(body, model)) == {**fields, "model": model}
