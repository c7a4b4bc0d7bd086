"""One HTTP/1.1 answer read from the bytes of a connection, on httptools (Node's llhttp)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import httptools

# Bytes that may come on top of the body: heads (1xx included), trailers, chunk sizes and extensions. A body
# in pieces of one byte takes six bytes of framing for each, so every byte of the body allows some more.
MAX_OVERHEAD: Final = 64 * 1024
_OVERHEAD_PER_BODY_BYTE = 16
# Header fields of one answer: of all its heads, and of its trailers.
MAX_FIELDS: Final = 100


class _TooManyFields(Exception):
    """Ends the parsing; httptools reports it as an error of a callback."""


class AnswerParser:
    """Calls `on_head(status, headers)`, names in lower case, once the head is there."""

    __slots__ = (
        "_field_bytes",
        "_fields",
        "_headers",
        "_on_head",
        "_parser",
        "_pieces",
        "_room",
        "broken",
        "complete",
        "framed",
        "head_came",
        "keep_alive",
    )

    def __init__(self, on_head: Callable[[int, Mapping[str, str]], None]) -> None:
        self.head_came = False
        self.complete = False
        self.broken = False  # from some byte on it is not HTTP, or beyond the bounds
        self.keep_alive = False  # whether, once complete, the connection may carry the next request
        self.framed = False  # whether the answer tells where it ends
        self._on_head = on_head
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._fields = self._field_bytes = 0
        self._room = MAX_OVERHEAD
        self._parser: Any = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> bytes:
        """The part of the body in these bytes."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.broken = True
        pieces = self._pieces
        if not pieces:
            self._room -= len(data)
            self.broken = self.broken or (self._room < 0 and not self.complete)
            return b""
        self._pieces = []
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._room != MAX_OVERHEAD or len(data) > 2 * len(body):
            self._room += (1 + _OVERHEAD_PER_BODY_BYTE) * len(body) - len(data)
            self._room = min(self._room, MAX_OVERHEAD)
            self.broken = self.broken or (self._room < 0 and not self.complete)
        return body

    # httptools' callbacks.

    def on_message_begin(self) -> None:
        if self.complete:  # more than was asked for
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += 1
        self._field_bytes += len(name) + len(value)
        if self._fields > MAX_FIELDS or self._field_bytes > MAX_OVERHEAD:
            raise _TooManyFields
        if not self.head_came:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if not self.head_came and status >= 200:  # 1xx goes before the answer
            self.head_came = True
            headers = _as_mapping(self._headers)
            self.framed = "content-length" in headers or "transfer-encoding" in headers
            self._on_head(status, headers)
        self._headers = []

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self.head_came and not self.complete:
            self.complete = True
            self.keep_alive = self._parser.should_keep_alive()


def _as_mapping(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; values of one name joined, as RFC 9110 section 5.3 has it."""
    mapping: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        mapping[name] = f"{mapping[name]}, {value}" if name in mapping else value
    return mapping
