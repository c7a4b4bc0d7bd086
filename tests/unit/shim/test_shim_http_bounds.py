"""What comes around a body, from a container that never ends it: heads, trailers, chunk sizes."""

from collections.abc import Mapping

import pytest

from janus_shim.http.parser import MAX_FIELDS, MAX_OVERHEAD, AnswerParser

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"


class Parsed:
    """A parser, and the heads that it told."""

    def __init__(self) -> None:
        self.heads: list[tuple[int, Mapping[str, str]]] = []
        self.parser = AnswerParser(lambda status, headers: self.heads.append((status, headers)))
        self.body = b""

    def feed(self, *reads: bytes) -> "Parsed":
        for read in reads:
            self.body += self.parser.feed(read)
        return self


def fields(count: int, size: int = 10) -> bytes:
    return b"".join(b"x-%d: %b\r\n" % (number, b"v" * size) for number in range(count))


def broken(*reads: bytes) -> bool:
    return Parsed().feed(*reads).parser.broken


def test_as_many_fields_as_allowed_are_read() -> None:
    parsed = Parsed().feed(HEAD + fields(MAX_FIELDS - 1) + b"\r\n")
    assert not parsed.parser.broken
    assert len(parsed.heads[0][1]) == MAX_FIELDS


def test_one_field_more_breaks_the_answer() -> None:
    assert broken(HEAD + fields(MAX_FIELDS) + b"\r\n")


def test_a_head_that_is_too_large_breaks_the_answer_even_in_one_read_with_a_whole_body() -> None:
    assert broken(HEAD + fields(3, MAX_OVERHEAD // 2) + b"\r\n1\r\na\r\n0\r\n\r\n")


def test_a_header_that_never_ends_breaks_the_answer() -> None:
    assert broken(HEAD + b"x: ", *[b"v" * 1000] * 70)


def test_interim_answers_without_end_break_the_answer() -> None:
    assert broken(*[b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"] * (MAX_FIELDS + 1))
    assert broken(*[b"HTTP/1.1 102 Processing\r\n\r\n" * 100] * 40)


def test_trailers_are_counted_with_the_head() -> None:
    body = HEAD + b"\r\n1\r\na\r\n0\r\n"
    assert not broken(body + fields(MAX_FIELDS - 1) + b"\r\n")
    assert broken(body + fields(MAX_FIELDS) + b"\r\n")


def test_trailers_without_end_break_the_answer() -> None:
    assert broken(HEAD + b"\r\n1\r\na\r\n0\r\n", *[b"x: " + b"v" * 30_000 + b"\r\n"] * 3)


def test_chunk_extensions_without_end_break_the_answer_although_a_body_comes() -> None:
    chunk = b"1;x=" + b"v" * 5_000 + b"\r\na\r\n"
    assert broken(HEAD + b"\r\n", *[chunk] * 20)


@pytest.mark.parametrize("size", [1, 2, 200])
def test_a_long_body_in_small_chunks_is_within_bounds(size: int) -> None:
    count = 20_000
    chunk = b"%x\r\n%b\r\n" % (size, b"a" * size)
    parsed = Parsed().feed(HEAD + b"\r\n", *[chunk] * count)
    assert not parsed.parser.broken
    assert len(parsed.body) == size * count


def test_a_long_body_whose_framing_comes_in_reads_of_its_own_is_within_bounds() -> None:
    parsed = Parsed().feed(HEAD + b"\r\n", *[b"2\r\n", b"aa", b"\r\n"] * 20_000, b"0\r\n\r\n")
    assert not parsed.parser.broken
    assert parsed.parser.complete
