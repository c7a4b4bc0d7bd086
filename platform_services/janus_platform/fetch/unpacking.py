"""Unpacking a compressed body as it comes, never more of it than is allowed."""

from janus_mesh.errors import PayloadTooLarge
from janus_mesh.inflate import Inflater, inflater
from janus_platform.gate.errors import UpstreamFailed

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
            for piece in self._inflate.feed(data):
                self._content += piece
                if len(self._content) > self._limit:
                    raise self._too_large()
        except ValueError as error:
            raise UpstreamFailed(f"the page: {error}", code="fetch_failed") from None

    def content(self) -> bytes:
        """All of it. Raises `UpstreamFailed` when the packed body was not complete."""
        if self._inflate is not None and self._taken:
            try:
                self._inflate.check_end()
            except ValueError as error:
                raise UpstreamFailed(f"the page: {error}", code="fetch_failed") from None
        return bytes(self._content)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"the page has more than {self._limit} bytes", code="page_too_large")


def _inflater(encoding: str) -> Inflater | None:
    try:
        return inflater(encoding)
    except ValueError:
        raise UpstreamFailed(
            f"the page is packed as {encoding[:40]!r}, unasked", code="fetch_failed"
        ) from None
