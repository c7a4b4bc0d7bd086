"""Whatever JSON a container sends is read, or refused as the competitor's fault. It crashes nothing."""

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from support.competitor_scripts import chunk

from janus_mesh.errors import CompetitorError, CompetitorFailed
from janus_shim.events import AnswerEvents

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(), max_size=5),
    st.sampled_from(["ping", "stop", "text", "thinking", "function", "\ud83d", "\ude00", "0", ""]),
)
_NAMES = st.sampled_from(
    [
        *("id", "object", "created", "model", "choices", "usage", "error", "type", "janus", "code", "text"),
        *(
            "index",
            "delta",
            "message",
            "finish_reason",
            "logprobs",
            "role",
            "content",
            "reasoning",
            "thinking",
        ),
        *("refusal", "tool_calls", "function_call", "function", "name", "arguments", "artifacts", "event"),
        *("prompt_tokens", "completion_tokens", "total_tokens", "cost_usd", "payload", "url", "x"),
    ]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_DELTAS = st.dictionaries(_NAMES, _VALUES, max_size=4)
_CHOICES = st.builds(
    lambda fields, delta: fields | delta,
    st.dictionaries(_NAMES, _VALUES, max_size=3),
    st.dictionaries(st.sampled_from(["delta", "message"]), _DELTAS, max_size=2),
)
_CHUNKS = st.builds(
    lambda fields, choices: fields | {"choices": choices},
    st.dictionaries(_NAMES, _VALUES, max_size=4),
    st.lists(_CHOICES, max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(chunks=st.lists(_CHUNKS | _VALUES, max_size=4), choices=st.integers(1, 2), whole=st.booleans())
def test_any_json_is_read_or_is_the_competitors_fault(chunks: list[Any], choices: int, whole: bool) -> None:
    answer = AnswerEvents(choices)
    try:
        for one in chunks:
            data = json.dumps(one).encode()
            events = answer.completion(data) if whole else answer.chunk(data)
            for event in events:
                event.SerializeToString()
        for event in answer.ending(done=True):
            event.SerializeToString()
    except CompetitorError as error:
        said = error.message
    else:
        said = ""
    assert said.isprintable()
    assert said.encode().decode() == said


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("levels", [260, 900, 1023, 5000])
@pytest.mark.parametrize(
    "template",
    [
        '{"x": %s, "choices": [{"index": 0, "delta": {"content": "a"}}]}',
        '{"choices": [{"index": 0, "delta": {"content": "a", "x": %s}}]}',
        '{"choices": [{"index": 0, "delta": {"content": %s}}]}',
        '{"choices": [{"index": 0, "delta": {"tool_calls": [{"function": {"arguments": %s}}]}}]}',
        '{"model": "m", "x": %s}',
        '{"error": %s}',
    ],
)
def test_deep_nesting_is_refused_wherever_it_is(template: str, levels: int) -> None:
    answer = AnswerEvents(1)
    data = (template % deep(levels)).encode()

    def read() -> None:
        answer.chunk(data)
        answer.chunk(data)
        answer.ending(done=True)

    with pytest.raises(CompetitorFailed):
        read()


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (chunk({"content": [""] * 2000}), "more than 1000 parts"),
        (chunk({"tool_calls": [{"index": 0}] * 200}), "more than 128 tool calls"),
        (chunk({"artifacts": [{"id": "a", "url": "u"}] * 200}), "more than 128 artifacts"),
        ({"choices": [{"index": 0}] * 200}, "choices has 200 entries"),
        ({"x": [0] * 600_000}, "more than 500000 values"),
    ],
)
def test_what_one_chunk_holds_is_bounded(said: Any, complaint: str) -> None:
    with pytest.raises(CompetitorFailed, match=complaint):
        AnswerEvents(1).chunk(json.dumps(said).encode())
