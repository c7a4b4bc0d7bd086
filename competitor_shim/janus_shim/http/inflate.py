"""Unpacks a compressed body piece by piece, so that a decompression bomb costs only what is read of it."""

import zlib
from typing import Final

from janus_mesh.errors import CompetitorFailed

_PIECE_BYTES = 64 * 1024
_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"

# Repetitive event streams pack 20 to 100 times; deflate can reach 1,032.
MAX_RATIO: Final = 256
# Below this a high ratio is harmless.
_FREE_BYTES = 5 * 1024 * 1024
# In a row. Each costs an unpacker of its own and brings nothing.
_MAX_EMPTY_MEMBERS = 64


class Inflater:
    """A `gzip` or `deflate` body under way.

    A gzip body may have several members. A `deflate` body is zlib's form, or the raw one that some servers
    send; the first two bytes tell.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None  # None before a member
        self._packed = b""
        self._full = False  # the last piece was as long as allowed, so the stream may hold more
        self._in, self._out = 0, 0  # bytes so far
        self._empty_members = 0
        self._ended = False  # after a member
        self._over = False  # what still comes is not part of the packed data

    def feed(self, packed: bytes) -> None:
        """Takes in what arrived; to be called when `more` gave nothing."""
        self._in += len(packed)
        if not self._over:
            self._packed += packed

    def more(self) -> bytes:
        """At most 64 KiB of what was packed; b"" when more must be fed first.

        Raises `CompetitorFailed` for bytes that are not packed as they are said to be, and for a bomb.
        """
        while not self._over and (self._packed or self._full):
            stream = self._stream or self._begin()
            if stream is None:
                return b""
            try:
                unpacked = stream.decompress(self._packed, _PIECE_BYTES)
            except zlib.error:
                raise CompetitorFailed("the competitor's answer cannot be unpacked") from None
            self._packed = stream.unconsumed_tail
            self._full = len(unpacked) == _PIECE_BYTES
            if stream.eof:
                self._end_member(stream.unused_data, empty=not unpacked)
            if unpacked:
                self._count(len(unpacked))
                return unpacked
        return b""

    def check_end(self) -> None:
        """Raises `CompetitorFailed` when the body ended before what it packs."""
        if self._in and not self._ended:
            raise CompetitorFailed("the competitor's answer broke off")

    def _begin(self) -> "zlib._Decompress | None":
        """Begins a member; None when its first two bytes are not there yet, or nothing follows the last."""
        if len(self._packed) < len(_GZIP_MAGIC):
            return None
        if self._ended and (not self._gzip or not self._packed.startswith(_GZIP_MAGIC)):
            self._over = True  # padding, which unpackers ignore
            return None
        self._ended = False
        self._stream = zlib.decompressobj(self._window_bits())
        return self._stream

    def _window_bits(self) -> int:
        if self._gzip:
            return _GZIP
        # RFC 1950: the first byte names the method, and both are a multiple of 31.
        first, second = self._packed[:2]
        is_zlib = first & 0x0F == zlib.DEFLATED and (first << 8 | second) % 31 == 0
        return _ZLIB if is_zlib else _RAW

    def _end_member(self, rest: bytes, *, empty: bool) -> None:
        self._stream, self._packed, self._full, self._ended = None, rest, False, True
        self._empty_members = self._empty_members + 1 if empty else 0
        if self._empty_members > _MAX_EMPTY_MEMBERS:
            raise CompetitorFailed(
                "the competitor's answer cannot be unpacked: it has too many empty members"
            )

    def _count(self, unpacked: int) -> None:
        self._out += unpacked
        if self._out > _FREE_BYTES and self._out > MAX_RATIO * self._in:
            raise CompetitorFailed(f"the competitor's answer unpacks to more than {MAX_RATIO} times its size")


def inflater(encodings: str) -> Inflater | None:
    """What a `content-encoding` needs. Raises `CompetitorFailed` for one that Janus does not offer."""
    applied = [
        name for part in encodings.lower().split(",") if (name := part.strip()) not in ("", "identity")
    ]
    match applied:
        case []:
            return None
        case ["gzip" | "x-gzip"]:
            return Inflater(gzip=True)
        case ["deflate"]:
            return Inflater(gzip=False)
    raise CompetitorFailed(
        f"the competitor's answer is encoded as {encodings[:40]!r}, which was not asked for"
    )
