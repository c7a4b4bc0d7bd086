"""The client's check of an answer: nothing may be lost, doubled, reordered or cut short unseen."""

import time

import pytest

from janus_bench.mesh import wire
from janus_bench.mesh.reader import AnswerReader, Tally


def event(index: int) -> bytes:
    """One token's event, as a gateway would write it."""
    _, _, framed = wire.token(index).partition(b"\r\n")
    return framed.removesuffix(b"\r\n")


DONE = b"data: [DONE]\n\n"
ANSWER = b"".join(event(index) for index in range(3)) + DONE


def read(*pieces: bytes, expected: int = 3) -> tuple[AnswerReader, Tally]:
    tally = Tally(steady_from=0.0)
    reader = AnswerReader(expected, tally)
    for piece in pieces:
        reader.feed(piece, time.monotonic())
    reader.end()
    return reader, tally


def test_a_whole_answer_is_without_fault() -> None:
    reader, tally = read(ANSWER)
    assert (reader.fault, reader.tokens, tally.tokens, tally.steady_tokens) == ("", 3, 3, 3)


def test_where_the_network_cuts_an_answer_does_not_matter() -> None:
    for cut in range(1, len(ANSWER)):
        reader, tally = read(ANSWER[:cut], ANSWER[cut:])
        assert (reader.fault, tally.tokens) == ("", 3), f"cut after {cut} bytes"


def test_line_ends_of_the_other_kind_are_fine() -> None:
    reader, _ = read(ANSWER.replace(b"\n\n", b"\r\n\r\n"))
    assert reader.fault == ""


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (event(0) + event(2) + DONE, "token 2 came where 1 was due"),
        (event(0) + event(0) + DONE, "token 0 came where 1 was due"),
        (event(0) + event(1) + event(2), "ended after 3 of 3 tokens, without [DONE]"),
        (event(0) + DONE, "ended after 1 of 3 tokens, without [DONE]"),
        (b"".join(event(index) for index in range(4)) + DONE, "4 tokens instead of 3"),
        (
            event(0) + b'data: {"error": {"message": "gone"}}\n\n',
            'error event: data: {"error": {"message": "gone"}}',
        ),
    ],
)
def test_a_damaged_answer_is_a_fault(answer: bytes, fault: str) -> None:
    # Gateways write events singly or together; a fault must show both ways.
    singly, _ = read(*answer.splitlines(keepends=True))
    assert singly.fault == fault


def test_a_lost_connection_is_a_fault() -> None:
    reader = AnswerReader(3, Tally())
    reader.feed(event(0), time.monotonic())
    reader.lost()
    assert reader.fault == "connection closed after 1 of 3 tokens"


def test_pings_are_counted_and_are_no_tokens() -> None:
    _, tally = read(b": ping\n\n", event(0), b": ping\n\n: ping\n\n", event(1), event(2), DONE)
    assert (tally.pings, tally.tokens) == (3, 3)


def test_gaps_are_between_reads_and_tokens_of_one_read_have_none() -> None:
    tally = Tally(steady_from=0.0)
    reader = AnswerReader(4, tally)
    reader.feed(event(0), 10.0)
    reader.feed(event(1) + event(2), 10.5)
    reader.feed(event(3), 10.75)
    assert list(tally.gaps) == [0.5, 0.0, 0.25]
    assert (reader.first_at, tally.started) == (10.0, 1)


def test_only_the_steady_state_is_timed() -> None:
    tally = Tally(steady_from=10.0, steady_until=11.0)
    reader = AnswerReader(9, tally)
    for index, at in enumerate((9.0, 10.0, 10.9, 11.0)):
        reader.feed(event(index), at)
    assert (tally.tokens, tally.steady_tokens, len(tally.gaps), len(tally.delays)) == (4, 2, 2, 2)
