"""The event-stream parser against the rules of the HTML standard."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janus_mesh.errors import CompetitorFailed
from janus_shim.sse import EventParser

Events = list[tuple[bytes, str]]
PLENTY = 1_000_000


def parse(*reads: bytes, limit: int = PLENTY) -> Events:
    parser = EventParser(limit)
    return [event for read in reads for event in parser.feed(read)]


def data(*reads: bytes) -> list[bytes]:
    return [event for event, _ in parse(*reads)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_each_line_end_ends_lines_and_events(end: bytes) -> None:
    assert data(end.join([b"data: one", b"", b"data: two", b"", b""])) == [b"one", b"two"]


def test_line_ends_may_be_mixed() -> None:
    assert data(b"data: a\rdata: b\r\ndata: c\n\r") == [b"a\nb\nc"]


def test_a_crlf_split_between_reads_is_one_line_end() -> None:
    assert data(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [b"a\nb"]


def test_an_event_ends_at_a_cr_without_waiting_for_a_lf() -> None:
    assert data(b"data: a\r\r") == [b"a"]


def test_lines_of_data_are_joined_with_a_newline() -> None:
    assert data(b"data: one\ndata:\ndata: three\n\n") == [b"one\n\nthree"]


def test_exactly_one_space_after_the_colon_is_dropped() -> None:
    assert data(b"data:a\n\ndata: b\n\ndata:  c\n\n") == [b"a", b"b", b" c"]


def test_a_byte_order_mark_at_the_start_is_dropped_even_when_split() -> None:
    assert data(b"\xef\xbb\xbfdata: a\n\n") == [b"a"]
    assert data(b"\xef", b"\xbb", b"\xbf", b"data: a\n\n") == [b"a"]


def test_a_byte_order_mark_later_is_part_of_the_field_name() -> None:
    assert data(b"\n\xef\xbb\xbfdata: a\n\n") == []


def test_comments_say_nothing() -> None:
    assert data(b": ping\n\n:\n: data: no\ndata: yes\n: in between\ndata: too\n\n") == [b"yes\ntoo"]


def test_a_field_without_a_colon_has_an_empty_value() -> None:
    assert parse(b"data\n\nevent\ndata\ndata\n\n") == [(b"", "message"), (b"\n", "message")]


def test_an_event_without_data_is_not_dispatched_and_its_type_is_forgotten() -> None:
    assert parse(b"event: lost\n\ndata: a\n\n") == [(b"a", "message")]


def test_the_type_holds_for_one_event() -> None:
    assert parse(b"event: error\ndata: a\n\ndata: b\n\n") == [(b"a", "error"), (b"b", "message")]


def test_unknown_fields_are_ignored_and_names_are_exact() -> None:
    assert data(b"Data: no\ndata : no\nfoo: no\ndata: yes\n\n") == [b"yes"]


def test_ids_last_until_the_next_and_must_not_hold_null() -> None:
    parser = EventParser(PLENTY)
    seen = [
        (event, parser.last_id)
        for event, _ in parser.feed(b"id: 7\ndata: a\n\ndata: b\n\nid: x\0\ndata: c\n\nid\ndata: d\n\n")
    ]
    assert seen == [(b"a", "7"), (b"b", "7"), (b"c", "7"), (b"d", "")]


@pytest.mark.parametrize(
    ("value", "expected"), [(b"250", 250), (b"2s", None), (b"", None), (b"9" * 5000, None)]
)
def test_retry_is_digits_only(value: bytes, expected: int | None) -> None:
    parser = EventParser(PLENTY)
    assert list(parser.feed(b"retry: " + value + b"\n\n")) == []
    assert parser.retry_ms == expected


def test_text_split_within_a_character_comes_whole() -> None:
    whole = "data: żółw 🐢\n\n".encode()
    for cut in range(len(whole)):
        assert data(whole[:cut], whole[cut:]) == ["żółw 🐢".encode()]


@pytest.mark.parametrize(
    ("end", "tail"),
    [
        (b"", None),
        (b"data: b", (b"b", "message")),
        (b"data: b\n", (b"b", "message")),
        (b"event: x\ndata: b\ndata: c", (b"b\nc", "x")),
        (b"dat", None),
        (b": comment", None),
        (b": comment\n", None),
        (b"event: x\n", None),
    ],
)
def test_an_event_that_no_blank_line_ended_is_the_tail(end: bytes, tail: tuple[bytes, str] | None) -> None:
    parser = EventParser(PLENTY)
    assert [event for event, _ in parser.feed(b"data: a\n\n" + end)] == [b"a"]
    assert parser.tail() == tail


@pytest.mark.parametrize("step", [1, 7, 4096], ids=lambda step: f"{step} bytes a read")
def test_a_line_over_the_limit_is_refused_before_it_ends(step: int) -> None:
    endless = b"data: " + b"x" * 2000
    reads = (endless[start : start + step] for start in range(0, len(endless), step))
    with pytest.raises(CompetitorFailed, match="line of more than 1000 bytes"):
        parse(*reads, limit=1000)


def test_an_event_over_the_limit_in_many_lines_is_refused() -> None:
    with pytest.raises(CompetitorFailed, match="event of more than 1000 bytes"):
        parse(*[b"data\n"] * 1001, limit=1000)


def test_events_before_the_one_over_the_limit_are_given() -> None:
    parser = EventParser(10)
    events = parser.feed(b"data: a\n\ndata: " + b"x" * 20 + b"\n\n")
    assert next(events) == (b"a", "message")
    with pytest.raises(CompetitorFailed):
        next(events)


def test_comments_of_any_length_are_neither_refused_nor_kept() -> None:
    parser = EventParser(1000)
    assert list(parser.feed(b"data: a\n:")) == []
    for _ in range(1000):
        assert list(parser.feed(b"x" * 10_000)) == []
    assert list(parser.feed(b"\n: " + b"y" * 5000 + b"\n\n")) == [(b"a", "message")]
    assert len(parser._partial) == 0


# Any way of cutting the same bytes into reads gives the same events, those of a parser that sees all at once.

_WORDS = b"data|data:|data: |event: e|id: 1|retry: 5|:|: c| |x|\0"
_ENDS = b"\n|\r|\r\n|\n\n|\xef\xbb\xbf|\xef|\xff|yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy|\xc3\xa9\xf0\x9f\x90\xa2"
_PIECES = st.sampled_from([*_WORDS.split(b"|"), *_ENDS.split(b"|")])
_BYTES = st.lists(_PIECES, max_size=30).map(b"".join)


def reference(stream: bytes, limit: int) -> tuple[Events, bool, bool]:
    """Events, whether a limit was passed, whether an event was left unfinished: the slow, obvious way."""
    stream = stream.removeprefix(b"\xef\xbb\xbf")
    *lines, rest = re.split(b"\r\n|\r|\n", stream)
    events: Events = []
    values: list[bytes] = []
    kind = ""
    for line in lines:
        if line == b"":
            if values:
                events.append((b"\n".join(values), kind or "message"))
            values, kind = [], ""
            continue
        if line.startswith(b":"):
            continue
        name, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if name == b"data":
            values.append(value)
        if name == b"event":
            kind = value.decode(errors="replace")
        if len(line) > limit or sum(len(value) + 1 for value in values) > limit:
            return events, True, False
    if rest.startswith(b":"):
        rest = b""
    return events, len(rest) > limit, bool(values or rest)


@given(stream=_BYTES, cuts=st.lists(st.integers(0, 200)), limit=st.sampled_from([25, 40, PLENTY]))
def test_any_split_gives_the_events_of_the_whole(stream: bytes, cuts: list[int], limit: int) -> None:
    expected, too_large, unfinished = reference(stream, limit)
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    parser = EventParser(limit)
    events: Events = []
    try:
        for start, end in pairwise(bounds):
            for event in parser.feed(stream[start:end]):
                events.append(event)
        refused = False
    except CompetitorFailed:
        refused = True
    assert (events, refused) == (expected, too_large)
    if not refused:
        assert parser.tail() is None or unfinished


@given(st.lists(st.text(alphabet='data: id\n\r{"x}', max_size=20).map(str.encode), max_size=6))
def test_a_read_that_is_one_whole_event_is_read_the_same_in_short(reads: list[bytes]) -> None:
    """Whatever came before, `whole` says what `feed` would, or nothing."""
    parser = EventParser(PLENTY)
    for read in [*reads, b"data: {}\n\n", b"data: {}\n\n"]:
        short = parser.whole(read)
        events = list(parser.feed(read))
        assert short is None or events == [(short, "message")]


def test_a_whole_event_is_read_in_short_between_events_alone() -> None:
    parser = EventParser(PLENTY)
    assert parser.whole(b"data: a\n\n") is None  # a byte order mark may still come
    list(parser.feed(b"data: a\n\n"))
    assert parser.whole(b"data: b\n\n") == b"b"
    list(parser.feed(b"event: other\n"))
    assert parser.whole(b"data: c\n\n") is None
