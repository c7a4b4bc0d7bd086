"""The bytes of a connection as requests: heads, parts of bodies, ends. No I/O.

    intake.receive(data)
    while (event := intake.next()) is not None: ...

A head is collected here, where it can be counted, and reaches llhttp only as a whole. The parser is never
given bytes of more than one request at a time, so requests that a client sent ahead stay unparsed until
they are asked for.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import httptools

from . import head as heads
from .limits import HttpLimits
from .refusals import HttpRefused

# Of a chunked body, per event: chunks of one byte make much work of few bytes.
_CHUNKED_BYTES = 16 * 1024
_CHUNKED_SLICES = 128
# Framing of a chunked body may be this many times its content: chunks of one byte have 5 bytes of it.
_FRAMING_FACTOR = 16


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request that may be answered."""

    method: str
    version: str
    path: str
    raw_path: bytes
    query: bytes
    fields: list[tuple[bytes, bytes]]  # names in lower case
    keep_alive: bool
    expects_continue: bool


class End(Enum):
    """The request is complete."""

    END = auto()


class _State(Enum):
    HEAD = auto()
    SIZED = auto()
    CHUNKED = auto()
    STOPPED = auto()


Event = Head | bytes | End


class Intake:
    """Raises `HttpRefused` from `next` when the bytes are not acceptable; it must not be used after that."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._state = _State.HEAD
        self._data = b""
        self._at = 0  # everything before was parsed
        self._searched = 0  # no head ends before
        self._skipped_line = False
        self._clean = True
        self._keep_alive = True
        self._ended = False
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._left = 0  # of a body of known length
        self._content = 0  # bytes of a chunked body
        self._framing = 0  # what is not content in it
        self._silence = 0  # framing since the last content: an unfinished trailer is as long as this
        self._trailers = 0

    def receive(self, data: bytes) -> None:
        if self._state is not _State.STOPPED:
            self._data = self._data[self._at :] + data if self._at < len(self._data) else data
            self._searched = max(0, self._searched - self._at)
            self._at = 0

    def stop(self) -> None:
        """Nothing more is read, and what was received is dropped."""
        self._clean = self.clean
        self._state = _State.STOPPED
        self._data, self._at, self._ended = b"", 0, False

    @property
    def clean(self) -> bool:
        """Whether all that was received belonged to complete requests; after `stop`, whether it did then."""
        if self._state is _State.STOPPED:
            return self._clean
        return self._state is _State.HEAD and not self.pending

    @property
    def pending(self) -> bool:
        """Whether there are bytes that were not parsed yet; a head may be incomplete."""
        return self._at < len(self._data) or self._ended

    @property
    def between_requests(self) -> bool:
        return self._state is _State.HEAD and not self._ended

    @property
    def head_begun(self) -> bool:
        """Whether a part of a head has arrived."""
        return self._state is _State.HEAD and (self._at < len(self._data) or self._skipped_line)

    def next(self) -> Event | None:
        """The next event, or None when more bytes are needed. Raises `HttpRefused`."""
        if self._ended:
            self._ended = False
            return End.END
        if self._state is _State.HEAD:
            return self._next_head()
        feed = self._feed_sized if self._state is _State.SIZED else self._feed_chunked
        while self._at < len(self._data) and not self._parts and not self._ended:
            if not feed():
                break
        if self._parts:
            part = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            return part
        return self.next() if self._ended else None

    def _next_head(self) -> Head | None:
        if self._data.startswith(b"\r\n", self._at) and not self._skipped_line:
            self._at += 2  # old clients end a body with a line too many
            self._skipped_line = True
        end = self._data.find(heads.END, max(self._at, self._searched - 3))
        if end < 0:
            self._searched = len(self._data)
            if self._at < len(self._data):
                heads.check_partial(self._data[self._at :], self._limits)
            return None
        head = self._data[self._at : end + len(heads.END)]
        self._at += len(head)
        self._searched, self._skipped_line = 0, False
        heads.check_whole(head, self._limits)
        self._target, self._fields = b"", []
        self._feed(heads.without_upgrade(head))
        return self._parsed_head()

    def _parsed_head(self) -> Head:
        version = self._parser.get_http_version()
        method = self._parser.get_method().decode("ascii")
        heads.check_fields(version, self._fields)
        path, raw_path, query = heads.path_and_query(self._target, method, self._fields)
        if not self._ended:
            self._left = heads.content_length(self._fields)
            self._state = _State.SIZED if self._left else _State.CHUNKED
            self._content = self._framing = self._silence = self._trailers = 0
        expects = not self._ended and any(name == b"expect" for name, _ in self._fields)
        keep_alive = version != "1.0" and self._keep_alive
        return Head(method, version, path, raw_path, query, self._fields, keep_alive, expects)

    def _feed_sized(self) -> bool:
        begin = self._at
        self._at = min(begin + self._left, len(self._data))
        self._left -= self._at - begin
        self._feed(memoryview(self._data)[begin : self._at])
        if not self._left and not self._ended:
            raise HttpRefused("the body does not end where its Content-Length says", param="content-length")
        return True

    def _feed_chunked(self) -> bool:
        """Feeds up to the end of the request and no further; False when more bytes are needed.

        The end is always an empty line. The content may have empty lines too: each ends a slice. What may be
        the beginning of an empty line is kept back, so that none is in two slices.
        """
        begin = self._at
        whole = memoryview(self._data)
        for _ in range(_CHUNKED_SLICES):
            end = self._slice_end(begin + _CHUNKED_BYTES)
            if end <= self._at or self._ended:
                break
            self._feed(whole[self._at : end])
            self._at = end
        self._check_framing(self._at - begin, sum(map(len, self._parts)))
        return self._at > begin

    def _slice_end(self, most: int) -> int:
        found = self._data.find(heads.END, self._at, most)
        if found >= 0:
            return found + len(heads.END)
        most = min(most, len(self._data))
        begun = next((size for size in (3, 2, 1) if self._data.endswith(heads.END[:size], self._at, most)), 0)
        return most - begun

    def _check_framing(self, size: int, content: int) -> None:
        self._content += content
        self._framing += size - content
        self._silence = 0 if content else self._silence + size
        bound = self._limits.head_bytes
        if self._silence > bound or self._framing > bound + _FRAMING_FACTOR * self._content:
            raise HttpRefused("the chunks' extensions or the trailers are too large", status=431)
        if self._trailers > self._limits.fields:
            raise HttpRefused(f"the body has more than {self._limits.fields} trailers", status=431)

    def _feed(self, data: bytes | memoryview) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise HttpRefused(f"not a valid HTTP/1.1 request: {error}") from None

    # Callbacks of the parser

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state is not _State.HEAD:  # a trailer: nobody wants it, and it must not look like a field
            self._trailers += 1
        elif (name := name.lower()) != heads.IGNORED_UPGRADE:
            self._fields.append((name, value))

    def on_message_begin(self) -> None:
        pass

    def on_headers_complete(self) -> None:
        self._keep_alive = self._parser.should_keep_alive()  # forgotten at the end of the request

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._ended = True
        self._state = _State.HEAD


END: Final = End.END
