"""Unpacks `gzip` and `deflate` bodies piece by piece, in every form that real servers send.

A gzip body may have several members, and `deflate` may be zlib's form or the raw one. Memory is bounded by
the size of a piece, so a decompression bomb costs only as much as is read of it.
"""

import zlib
from collections.abc import Iterator

_PIECE_BYTES = 64 * 1024
_GZIP = zlib.MAX_WBITS | 16
_GZIP_MAGIC = b"\x1f\x8b"
# In a row. Each costs an unpacker of its own and brings nothing.
_MOST_EMPTY_MEMBERS = 64


class Inflater:
    """One packed body under way. Every method raises `ValueError` for bytes that are not packed so."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._member: zlib._Decompress | None = None  # None before a member
        self._packed = b""
        self._complete = False  # a member has ended and no other has begun
        self._over = False  # what still comes is padding
        self._empty_members = 0

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What more bytes unpack to, in pieces of at most 64 KiB; to be iterated over to its end."""
        self._packed += packed
        while not self._over and (piece := self._piece()) is not None:
            if piece:
                yield piece
        if self._over:
            self._packed = b""

    def check_end(self) -> None:
        """Raises `ValueError` when the body ended before what it packs."""
        if not self._complete and (self._member is not None or self._packed):
            raise ValueError("the packed body is not complete")

    def _piece(self) -> bytes | None:
        """The next piece, perhaps an empty one; None when more must be fed first."""
        if self._member is None and not self._begin():
            return None
        assert self._member is not None
        try:
            piece = self._member.decompress(self._packed, _PIECE_BYTES)
        except zlib.error as error:
            raise ValueError(f"the body is packed wrongly: {error}") from None
        self._packed = self._member.unconsumed_tail
        if self._member.eof:
            self._end(self._member.unused_data, empty=not piece)
            return piece
        if not piece and not self._packed:
            return None
        return piece

    def _begin(self) -> bool:
        """Begins a member; False when its first two bytes are not there yet, or none follows."""
        if len(self._packed) < len(_GZIP_MAGIC):
            return False
        if self._complete and not (self._gzip and self._packed.startswith(_GZIP_MAGIC)):
            self._over = True  # unpackers ignore padding
            return False
        self._complete = False
        self._member = zlib.decompressobj(_GZIP if self._gzip else _deflate_form(self._packed))
        return True

    def _end(self, rest: bytes, *, empty: bool) -> None:
        self._member, self._packed, self._complete = None, rest, True
        self._empty_members = self._empty_members + 1 if empty else 0
        if self._empty_members > _MOST_EMPTY_MEMBERS:
            raise ValueError("the packed body has too many empty members")


def inflater(encoding: str) -> Inflater | None:
    """What a `content-encoding` needs; None for none. Raises `ValueError` for an unknown one."""
    named = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    match named:
        case []:
            return None
        case ["gzip" | "x-gzip"]:
            return Inflater(gzip=True)
        case ["deflate"]:
            return Inflater(gzip=False)
    raise ValueError(f"unknown content encoding {encoding[:40]!r}")


def _deflate_form(begun: bytes) -> int:
    """RFC 1950: the first byte names the method, and the first two are a multiple of 31."""
    is_zlib = begun[0] & 0x0F == zlib.DEFLATED and (begun[0] << 8 | begun[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
