"""Packed bodies in every form that real servers send."""

import gzip
import zlib

import pytest

from janus_mesh.inflate import inflater

DATA = b"hello " * 50_000


def unpacked(encoding: str, packed: bytes, step: int = 1000) -> bytes:
    found = inflater(encoding)
    assert found is not None
    pieces = [
        piece for start in range(0, len(packed), step) for piece in found.feed(packed[start : start + step])
    ]
    found.check_end()
    assert max(map(len, pieces), default=0) <= 64 * 1024
    return b"".join(pieces)


def raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(DATA)),
        ("x-gzip", gzip.compress(DATA[:10]) + gzip.compress(b"") + gzip.compress(DATA[10:])),
        ("gzip", gzip.compress(DATA) + bytes(100)),
        ("deflate", zlib.compress(DATA)),
        ("Deflate", raw(DATA)),
        ("identity, gzip", gzip.compress(DATA)),
    ],
    ids=["gzip", "members", "padding", "zlib", "raw", "identity"],
)
def test_every_form_is_unpacked_however_it_is_cut(encoding: str, packed: bytes, step: int) -> None:
    assert unpacked(encoding, packed, step) == DATA


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(DATA)[:-1]),
        ("gzip", gzip.compress(DATA) + gzip.compress(DATA)[:-1]),
        ("gzip", b"not packed"),
        ("deflate", zlib.compress(DATA)[:-1]),
        ("gzip", gzip.compress(b"") * 1000),
        ("gzip", b"\x1f"),
    ],
    ids=["cut", "second cut", "plain", "zlib cut", "empty members", "one byte"],
)
def test_what_is_not_packed_as_it_says_is_refused(encoding: str, packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"packed"):
        unpacked(encoding, packed)


def test_an_empty_body_is_complete() -> None:
    assert unpacked("gzip", b"") == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 1000])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match="unknown content encoding"):
        inflater(encoding)


@pytest.mark.parametrize("encoding", ["", "identity", " , "])
def test_without_an_encoding_there_is_nothing_to_unpack(encoding: str) -> None:
    assert inflater(encoding) is None
