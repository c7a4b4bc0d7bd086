"""Newline-delimited JSON, split as the bytes arrive. It has the interface of `sse.EventParser`."""

from collections.abc import Iterator

from janus_mesh.errors import CompetitorFailed


class LineParser:
    """The state of one stream between two reads. Keeps at most one line of `limit` bytes."""

    __slots__ = ("_limit", "_partial")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._partial = bytearray()

    def whole(self, read: bytes) -> bytes | None:  # noqa: ARG002  # EventParser's signature
        """Lines have no fast path: `feed` reads them all."""
        return None

    def feed(self, read: bytes) -> Iterator[tuple[bytes, str]]:
        """Each line that this read completes, as an event of type `message`.

        Exhaust it before feeding more. Raises `CompetitorFailed` at a line over the limit.
        """
        *lines, rest = read.split(b"\n")
        for line in lines:
            self._partial += line
            self._check()
            whole = bytes(self._partial)
            self._partial.clear()
            yield whole, "message"
        self._partial += rest
        self._check()

    def tail(self) -> tuple[bytes, str] | None:
        """At the end of the body: the last line, when nothing ended it."""
        return (bytes(self._partial), "message") if self._partial.strip() else None

    def _check(self) -> None:
        if len(self._partial) > self._limit:
            raise CompetitorFailed(f"the competitor sent a line of more than {self._limit} bytes")
