"""Compressed bodies in the forms that servers send, and those that are meant to hurt."""

import gzip
import zlib

import pytest

from janus_mesh.errors import CompetitorFailed
from janus_shim.http.inflate import Inflater, inflater

TEXT = b"data: " + bytes(range(256)) * 1000


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def unpacked(encoding: str, *reads: bytes) -> bytes:
    unpacker = inflater(encoding)
    assert unpacker is not None
    whole = b""
    for read in reads:
        unpacker.feed(read)
        while piece := unpacker.more():
            assert len(piece) <= 64 * 1024
            whole += piece
    unpacker.check_end()
    return whole


FORMS = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("X-GZip", gzip.compress(TEXT)),
    "zlib's deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", raw(TEXT)),
    "two members": ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
    "an empty member in between": (
        "gzip",
        gzip.compress(TEXT[:9]) + gzip.compress(b"") + gzip.compress(TEXT[9:]),
    ),
    "padding": ("gzip", gzip.compress(TEXT) + b"\0" * 100),
    "identity beside it": ("identity, gzip", gzip.compress(TEXT)),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_unpacked(form: str) -> None:
    assert unpacked(FORMS[form][0], FORMS[form][1]) == TEXT


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7])
def test_each_form_is_unpacked_however_it_is_cut(form: str, size: int) -> None:
    encoding, packed = FORMS[form]
    assert unpacked(encoding, *(packed[at : at + size] for at in range(0, len(packed), size))) == TEXT


@pytest.mark.parametrize("encoding", ["", "identity", " Identity , identity"])
def test_a_body_that_is_not_packed_needs_no_unpacker(encoding: str) -> None:
    assert inflater(encoding) is None


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "compress"])
def test_an_encoding_that_was_not_offered_is_a_failure(encoding: str) -> None:
    with pytest.raises(CompetitorFailed, match="was not asked for"):
        inflater(encoding)


@pytest.mark.parametrize("packed", [gzip.compress(TEXT), gzip.compress(TEXT) * 2])
@pytest.mark.parametrize("missing", [1, 9, 300])
def test_a_body_that_is_cut_is_a_failure(packed: bytes, missing: int) -> None:
    with pytest.raises(CompetitorFailed, match="broke off"):
        unpacked("gzip", packed[:-missing])


def test_an_empty_body_is_empty() -> None:
    assert unpacked("gzip") == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_packed_is_a_failure(encoding: str) -> None:
    with pytest.raises(CompetitorFailed, match="cannot be unpacked"):
        unpacked(encoding, b"data: plain\n\n")


def test_a_bomb_is_a_failure() -> None:
    with pytest.raises(CompetitorFailed, match="more than 256 times its size"):
        unpacked("gzip", gzip.compress(bytes(20_000_000)))


def test_a_bomb_of_many_members_is_a_failure() -> None:
    with pytest.raises(CompetitorFailed, match="more than 256 times its size"):
        unpacked("gzip", *[gzip.compress(bytes(1_000_000))] * 20)


def test_empty_members_without_end_are_a_failure() -> None:
    with pytest.raises(CompetitorFailed, match="too many empty members"):
        unpacked("gzip", gzip.compress(b"") * 100)


def test_what_follows_the_last_member_is_not_kept() -> None:
    unpacker = Inflater(gzip=True)
    for read in (gzip.compress(b"a"), *[b"\0" * 1_000_000] * 5):
        unpacker.feed(read)
        unpacker.more()
    assert len(unpacker._packed) <= 1_000_000
