"""Unpacking a compressed body as it comes, never more of it than is allowed."""

import zlib

from janus_mesh.errors import PayloadTooLarge
from janus_platform.gate.errors import UpstreamFailed

# What one look at a packed body may give: a bomb is noticed after so much of it.
_STEP_BYTES = 64 * 1024
ACCEPTED = "gzip, deflate"


class Unpacker:
    """Turns pieces of a body into its content, of at most `limit` bytes. Packed size counts as well."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._content = bytearray()
        self._inflate = _inflater(encoding)

    def feed(self, data: bytes) -> None:
        """Raises `PayloadTooLarge`, and `UpstreamFailed` for what is not packed as it says."""
        self._taken += len(data)
        if self._taken > self._limit:
            raise self._too_large()
        if self._inflate is None:
            self._content += data
            return
        try:
            while data:
                self._content += self._inflate.decompress(data, _STEP_BYTES)
                if len(self._content) > self._limit:
                    raise self._too_large()
                data = self._inflate.unconsumed_tail
        except zlib.error as error:
            raise UpstreamFailed(f"the page is packed wrongly: {error}", code="fetch_failed") from None

    def content(self) -> bytes:
        """All of it. Raises `UpstreamFailed` when the packed body was not complete."""
        if self._inflate is not None and not self._inflate.eof and self._taken:
            raise UpstreamFailed("the page's packed body is not complete", code="fetch_failed")
        return bytes(self._content)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"the page has more than {self._limit} bytes", code="page_too_large")


def _inflater(encoding: str) -> "zlib._Decompress | None":
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        case "deflate":
            return zlib.decompressobj()
    raise UpstreamFailed(f"the page is packed as {encoding[:40]!r}, unasked", code="fetch_failed")
