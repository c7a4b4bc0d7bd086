"""Server-sent events, parsed as the bytes arrive, by the rules of the HTML standard, section 9.2.6.

    parser = EventParser(limit=4 * 1024 * 1024)
    for read in body:
        for data, kind in parser.feed(read): ...
    parser.tail()   # at the end of the body: the event that no blank line ended

Data stays bytes: whoever reads it as JSON checks that it is UTF-8. What is kept between two reads is
bounded by the limit, whatever the peer sends; comments are not kept at all.
"""

from collections.abc import Iterator

from janus_mesh.errors import CompetitorFailed

_BOM = b"\xef\xbb\xbf"


class EventParser:
    """The state of one stream between two reads."""

    __slots__ = (
        "_after_cr",
        "_at_start",
        "_between_events",
        "_data",
        "_in_comment",
        "_kind",
        "_limit",
        "_partial",
        "_size",
        "last_id",
        "retry_ms",
    )

    def __init__(self, limit: int) -> None:
        self.last_id = ""  # the latest `id:`, which counts for all events until the next
        self.retry_ms: int | None = None  # reconnection time, if the stream set one
        self._limit = limit
        self._at_start = True
        self._between_events = False  # for certain
        self._after_cr = False  # a LF that comes next belongs to a line end already seen
        self._in_comment = False
        self._partial = bytearray()  # the line that the next read goes on with, unless it is a comment
        self._data: list[bytes] = []  # the lines of the event under way
        self._size = 0  # of these, a line end each included
        self._kind = ""

    def whole(self, read: bytes) -> bytes | None:
        """The data of a read that is just one event in its commonest form; None for `feed` to look at."""
        if not (read.startswith(b"data: ") and read.endswith(b"\n\n")) or len(read) > self._limit:
            return None
        if read.find(b"\n") != len(read) - 2 or b"\r" in read or not self._between_events:
            return None
        return read[6:-2]

    def feed(self, read: bytes) -> Iterator[tuple[bytes, str]]:
        """The data and the type (`message` unless said) of each event that this read completes.

        Exhaust it before feeding more. Raises `CompetitorFailed` at a line or an event over the limit,
        after the events before it.
        """
        limit = self._limit
        self._between_events = False
        for line in self._lines(read):
            if not line:
                if self._data:
                    yield self._joined(), self._kind or "message"
                self._kind = ""
            elif len(line) > limit:
                self._check_line(line)
            elif line.startswith(b"data: "):
                self._append(line[6:])
            elif not line.startswith(b":"):
                self._field(line)
        self._check_line(self._partial)
        self._between_events = not (
            self._data or self._partial or self._kind or self._in_comment or self._after_cr or self._at_start
        )

    def tail(self) -> tuple[bytes, str] | None:
        """At the end of the body: the event that no blank line ended, if there is one.

        The standard discards it. Its last line may be cut short, so it counts only when it makes sense.
        """
        if self._partial:
            line = bytes(self._partial)
            self._partial.clear()
            if not line.startswith(b":"):
                self._field(line)
        return (self._joined(), self._kind or "message") if self._data else None

    def _lines(self, read: bytes) -> list[bytes]:
        """The lines that this read completes; the rest waits in `_partial`."""
        if self._at_start:
            read = self._without_bom(read)
        if self._after_cr and read:
            self._after_cr = False
            read = read.removeprefix(b"\n")
        if b"\r" in read:
            self._after_cr = read.endswith(b"\r")
            read = read.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = read.split(b"\n")
        rest = lines.pop()
        if lines:
            if self._in_comment:
                self._in_comment = False
                del lines[0]
            elif self._partial:
                lines[0] = bytes(self._partial + lines[0])
                self._partial.clear()
        if rest:
            self._hold(rest)
        return lines

    def _hold(self, rest: bytes) -> None:
        if not self._partial and rest.startswith(b":"):
            self._in_comment = True
        if not self._in_comment:
            self._partial += rest

    def _without_bom(self, read: bytes) -> bytes:
        """Drops a byte order mark at the start, which may come split over reads."""
        head = bytes(self._partial) + read
        self._partial.clear()
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._partial += head
            return b""
        self._at_start = False
        return head.removeprefix(_BOM)

    def _field(self, line: bytes) -> None:
        """A line that is neither blank, nor a comment, nor the commonest form of data."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._append(value)
        elif name == b"event":
            self._kind = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self.last_id = value.decode(errors="replace")
        elif name == b"retry" and value.isdigit() and len(value) < 16:
            self.retry_ms = int(value)

    def _append(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._limit:
            raise CompetitorFailed(f"the competitor sent an event of more than {self._limit} bytes")
        self._data.append(value)

    def _joined(self) -> bytes:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        return data

    def _check_line(self, line: bytes | bytearray) -> None:
        if len(line) > self._limit and not line.startswith(b":"):
            raise CompetitorFailed(f"the competitor sent a line of more than {self._limit} bytes")
