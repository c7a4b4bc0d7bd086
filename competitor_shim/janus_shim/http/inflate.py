"""Unpacking a compressed body a buffer at a time, so that a bomb costs only what is read of it."""

import zlib

from janus_mesh.errors import CompetitorFailed

_PIECE_BYTES = 64 * 1024
_ANY_HEADER = zlib.MAX_WBITS | 32  # gzip's or zlib's, whichever it is


class Inflater:
    """A `gzip` or `deflate` body under way."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_ANY_HEADER)
        self._packed = b""

    def feed(self, packed: bytes) -> None:
        """Takes in what arrived; to be called when `more` gave nothing."""
        self._packed += packed

    def more(self) -> bytes:
        """At most 64 KiB of what was packed; b"" when more must be fed first."""
        if not self._packed and not self._stream.unconsumed_tail:
            return b""
        try:
            unpacked = self._stream.decompress(self._packed, _PIECE_BYTES)
        except zlib.error:
            raise CompetitorFailed("the competitor's answer cannot be unpacked") from None
        self._packed = self._stream.unconsumed_tail
        return unpacked

    def check_end(self) -> None:
        """Raises `CompetitorFailed` when the body ended before what it packs."""
        if not self._stream.eof:
            raise CompetitorFailed("the competitor's answer broke off")


def inflater(encoding: str) -> Inflater | None:
    """What a `content-encoding` needs. Raises `CompetitorFailed` for one that was not asked for."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return Inflater()
    raise CompetitorFailed(f"the competitor's answer is encoded as {encoding[:40]!r}, which nobody asked for")
