"""A chunk read by its template says what it says when it is parsed, or nothing."""

import json
from typing import Any

import hypothesis.strategies as st
import orjson
from hypothesis import given
from support.competitor_scripts import chunk

from janus_shim.events.content_template import ContentTemplate


def encoded(value: Any, *, ensure_ascii: bool = False) -> bytes:
    return json.dumps(value, ensure_ascii=ensure_ascii).encode()


def learnt(text: str = "Hello", **fields: Any) -> ContentTemplate:
    template = ContentTemplate()
    said = chunk({"content": text}, **fields)
    template.learn(encoded(said), said, text)
    return template


@given(st.text())
def test_a_chunk_with_another_text_is_read(text: str) -> None:
    surely_text = text.encode(errors="ignore").decode()
    for ensure_ascii in (False, True):
        data = encoded(chunk({"content": surely_text}), ensure_ascii=ensure_ascii)
        assert learnt().text(data) == surely_text


@given(st.text(alphabet='ab"\\{}[]:,', max_size=30))
def test_what_breaks_out_of_the_string_is_not_taken_for_its_text(raw: str) -> None:
    before, after = encoded(chunk({"content": "Hello"})).split(b"Hello")
    data = before + raw.encode() + after
    said = learnt().text(data)
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError:
        assert said is None
    else:
        assert said is None or parsed == chunk({"content": said})


def test_a_text_that_stands_elsewhere_too_is_not_mistaken_for_it() -> None:
    template = learnt("content", note="content", content="content")
    for other in ({"note": "changed"}, {"content": "changed"}):
        fields = {"note": "content", "content": "content"} | other
        assert template.text(encoded(chunk({"content": "content"}, **fields))) is None
    said = template.text(encoded(chunk({"content": "x"}, note="content", content="content")))
    assert said in (None, "x")


def test_chunks_of_another_shape_are_left_to_the_parser() -> None:
    template = learnt()
    others = [
        chunk({"content": "a"}, finish="stop"),
        chunk({"content": "a", "reasoning_content": "b"}),
        chunk({"content": "a"}, id="chatcmpl-2"),
        chunk({"reasoning_content": "a"}),
    ]
    assert [template.text(encoded(other)) for other in others] == [None] * len(others)


def test_an_empty_or_too_short_chunk_fits_no_template() -> None:
    template = learnt()
    whole = encoded(chunk({"content": ""}))
    assert template.text(whole) == ""
    assert [template.text(whole[:cut]) for cut in range(len(whole))] == [None] * len(whole)


def test_nothing_is_said_before_a_shape_is_known_or_after_it_is_forgotten() -> None:
    data = encoded(chunk({"content": "Hello"}))
    assert ContentTemplate().text(data) is None
    template = learnt()
    template.forget()
    assert template.text(data) is None


def test_who_never_repeats_himself_is_left_in_peace() -> None:
    template = ContentTemplate()
    for number in range(100):
        said = chunk({"content": "Hello"}, id=f"chatcmpl-{number}")
        template.learn(encoded(said), said, "Hello")
    assert template.text(encoded(said)) is None
