"""The published schema refuses what the parser refuses, and nothing else."""

import copy
import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bad_requests import BAD_REQUESTS, NOT_JSON, BadRequest
from support.good_requests import GOOD_REQUESTS, PIXEL, Json

from janus_mesh.errors import InvalidRequest
from janus_mesh.openai import parse_chat_request, request_schema


def embedded() -> Json:
    """The schema as an OpenAPI document holds it."""
    schema = request_schema()
    return {"components": {"schemas": schema.pop("$defs")}, **schema}


VALIDATOR = jsonschema_rs.Draft202012Validator(embedded())
JSON_BUT_BAD = [bad for bad in BAD_REQUESTS if not bad.http_only and bad.code != NOT_JSON]


def parses(value: Any) -> bool:
    try:
        parse_chat_request(json.dumps(value).encode())
    except InvalidRequest:
        return False
    return True


@pytest.mark.parametrize("name", GOOD_REQUESTS)
def test_the_schema_takes_good_requests(name: str):
    assert VALIDATOR.is_valid(GOOD_REQUESTS[name])


@pytest.mark.parametrize("bad", JSON_BUT_BAD, ids=lambda bad: bad.name)
def test_the_schema_refuses_bad_requests(bad: BadRequest):
    assert not VALIDATOR.is_valid(json.loads(bad.body))


EDGES: list[Any] = [
    *(None, True, False, "", "a", "a\n", [], {}, [None], ["a"], ["a"] * 5),
    *(0, 1, -1, 1.0, 1.5, 2, 2.0000001, 20, 21, 128, 129, 129.0, -2.1, 100, 101, 1e20, 1e300),
    *(2**31 - 1, 2**31, 2**63 - 1, 2**63, float(2**63), -(2**63), -(2**63) - 1, 10**30),
    *(
        "function",
        "custom",
        "text",
        "image_url",
        "file",
        "user",
        "assistant",
        "tool",
        "auto",
        "wav",
        "original",
    ),
    *("AAAA", "AAA", "AAAA\n", "====", "AA==", "A===", "AB=C", "a-_b", PIXEL, PIXEL + "=", PIXEL + "\n"),
    *(
        "data:image/png;base64,",
        "data:image/png,AAAA",
        "data:;base64,AAAA",
        "data:text/plain;a=b;base64,AAAA",
    ),
    *(
        "http://",
        "http:///a",
        "http://a",
        "HttpS://a",
        "http://a b",
        "http://a\u00a0b",
        "http://a\u2028",
        "ftp://a",
    ),
    *("x" * 64, "x" * 65, "\U0001f600" * 64, "x" * 256, "x" * 257, "x" * 512, "x" * 513),
    *(
        {"k" * 65: "a"},
        {"k": "v" * 513},
        {"\U0001f600" * 64: "a"},
        {str(number): "a" for number in range(17)},
    ),
    *(
        {"type": "text"},
        {"type": "function"},
        {"type": "custom"},
        {"type": 5},
        {"type": None},
        {"name": "a b"},
    ),
    *({"role": "user", "content": "a"}, {"role": "assistant"}, {"type": "text", "text": "a"}),
]
STARTS = [value for name, value in GOOD_REQUESTS.items() if name != "long_conversation"]
KEYS = sorted({key for start in STARTS for key in start} | {"role", "content", "type", "id", "name", "url"})


@st.composite
def _mutants(draw: st.DrawFn) -> Json:
    """Good requests with one to three changes at random places."""
    value = copy.deepcopy(draw(st.sampled_from(STARTS)))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(value)
        if not places:
            break
        parent, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        edge = copy.deepcopy(draw(st.sampled_from(EDGES)))
        if change == "remove":
            del parent[key]
        elif change == "replace":
            parent[key] = edge
        elif isinstance(parent, dict):
            parent[draw(st.sampled_from(KEYS))] = edge
        else:
            parent.insert(key, edge)
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every spot below `value`, as container and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    here = [(value, key) for key in keys]
    return here + [place for _, key in here for place in _places(value[key])]


@given(_mutants())
@settings(derandomize=True, deadline=None, max_examples=600)
def test_schema_and_parser_agree_on_requests_that_are_almost_good(value: Json):
    assert parses(value) == VALIDATOR.is_valid(value)


def test_the_schema_is_valid_itself():
    jsonschema_rs.meta.validate(embedded())


def test_every_reference_points_into_the_components():
    schema = request_schema()
    names = set(schema["$defs"])
    text = json.dumps(schema)
    references = {piece.split('"')[0] for piece in text.split('"#/components/schemas/')[1:]}
    assert references == names


def test_every_field_and_object_is_described():
    schema = request_schema()
    bare = [name for name, definition in schema["$defs"].items() if "description" not in definition]
    bare += [name for name, field in schema["properties"].items() if "description" not in field]
    assert bare == []


def test_the_example_is_a_good_request():
    (example,) = request_schema()["examples"]
    assert parses(example)
