"""The bytes of a mock answer: OpenAI stream chunks of one fixed length, each numbered and stamped.

A token's text is `t<index>@<time>`: its place in the answer and the instant it was written, in
microseconds of CLOCK_MONOTONIC, which every process of a machine shares. So whoever reads it can
tell that nothing was lost or reordered, and how long it was on its way.
"""

import re
import time

TOKEN = re.compile(rb"t(\d{6})@(\d{15})")
DONE = b"data: [DONE]"

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
PING = b"8\r\n: ping\n\n\r\n"

_CHUNK = (
    b'{"id":"chatcmpl-0","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    b'"choices":[{"index":0,"delta":%b,"finish_reason":%b}]}'
)
_USAGE_CHUNK = (
    b'{"id":"chatcmpl-0","object":"chat.completion.chunk","created":1700000000,"model":"bench",'
    b'"choices":[],"usage":%b}'
)
_WHOLE = (
    b'{"id":"chatcmpl-0","object":"chat.completion","created":1700000000,"model":"bench",'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"%b"},"finish_reason":"stop"}],"usage":%b}'
)
_TOKEN_EVENT = b"data: " + _CHUNK % (b'{"content":"t%06d@%015d "}', b"null") + b"\n\n"
# One event is one HTTP chunk; all tokens have the same length, so its size is written once.
_TOKEN_CHUNK = b"%x\r\n%b\r\n" % (len(_TOKEN_EVENT % (0, 0)), _TOKEN_EVENT)


def clock_us() -> int:
    return time.monotonic_ns() // 1000


def token(index: int) -> bytes:
    """The HTTP chunk of one token, stamped now."""
    return _TOKEN_CHUNK % (index, clock_us())


def opening() -> bytes:
    """The chunk that says who speaks."""
    return _framed(_CHUNK % (b'{"role":"assistant","content":""}', b"null"))


def ending(tokens: int, *, usage: bool) -> bytes:
    """The finish, the usage when it was asked for, `[DONE]`, and the end of the body."""
    parts = [_framed(_CHUNK % (b"{}", b'"stop"'))]
    if usage:
        parts.append(_framed(_USAGE_CHUNK % _usage(tokens)))
    return b"".join([*parts, _framed(DONE.removeprefix(b"data: ")), b"0\r\n\r\n"])


def whole(tokens: int) -> bytes:
    """The answer to a request that did not ask for a stream: JSON, unframed."""
    content = b"".join(b"t%06d@%015d " % (index, clock_us()) for index in range(tokens))
    return _WHOLE % (content, _usage(tokens))


def response(status: bytes, body: bytes) -> bytes:
    """A complete JSON response."""
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


def _usage(tokens: int) -> bytes:
    return b'{"prompt_tokens":8,"completion_tokens":%d,"total_tokens":%d}' % (tokens, tokens + 8)


def _framed(data: bytes) -> bytes:
    return b"%x\r\ndata: %b\n\n\r\n" % (len(data) + 8, data)
