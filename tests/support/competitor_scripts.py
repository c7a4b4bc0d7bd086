"""Scripts for `support.http_competitor`: good answers of each kind, and every fault by name.

Good answers are made to measure (`tokens`, `chunks`, `completion`, ...); faults are plain scripts,
also in `FAULTS` by the name that a request can ask for.
"""

import asyncio
import itertools
import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from .http_competitor import EVENT_STREAM, JSON, Reply, Script

Json = dict[str, Any]

# Long enough for what was sent to reach the peer before a reset throws it away.
_DELIVERY_SECONDS = 0.05
HUGE_LINE_BYTES = 10 * 1024 * 1024
_BLOCK = b"x" * 16384


# Chunks and answers as OpenAI writes them.


def chunk(
    delta: Json | None = None,
    *,
    index: int = 0,
    finish: str | None = None,
    choice: Json | None = None,
    **fields: Any,
) -> Json:
    """A `chat.completion.chunk` with one choice; `choice` and `fields` are added beside the usual keys."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "scripted",
        "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish, **(choice or {})}],
        **fields,
    }


def usage(prompt: int = 3, completion: int = 2, **fields: Any) -> Json:
    """A `usage` object."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        **fields,
    }


def usage_chunk(**fields: Any) -> Json:
    """The last chunk under `include_usage`: no choices, only the figures."""
    return {**chunk(), "choices": [], "usage": usage(**fields)}


def message(content: str | None = "Hello", **fields: Any) -> Json:
    """A whole `chat.completion` with one choice; `fields` go into the message."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "scripted",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **fields},
                "finish_reason": "stop",
            }
        ],
        "usage": usage(),
    }


# Good answers.


def chunks(payloads: Iterable[Json | str], *, gap: float = 0.0, done: bool = True) -> Script:
    """A stream of these chunks, `gap` seconds apart, then `[DONE]`."""
    payloads = list(payloads)

    async def script(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for payload in payloads:
            await reply.event(payload)
            if gap:
                await asyncio.sleep(gap)
        if done:
            await reply.event("[DONE]")

    return script


def tokens(*texts: str, gap: float = 0.0) -> Script:
    """A whole answer of these pieces of text, with usage."""
    return chunks(
        [
            chunk({"role": "assistant", "content": ""}),
            *(chunk({"content": text}) for text in texts),
            chunk(finish="stop"),
            usage_chunk(completion=len(texts)),
        ],
        gap=gap,
    )


def counted(count: int, gap: float = 0.0) -> Script:
    """A whole answer of `count` numbered tokens."""
    return tokens(*(f"t{number} " for number in range(count)), gap=gap)


def tool_call(name: str = "weather", *arguments: str, call_id: str = "call_1") -> Script:
    """A stream that calls one tool, its arguments in these pieces."""
    first = {
        "index": 0,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    pieces = ({"index": 0, "function": {"arguments": piece}} for piece in arguments)
    return chunks(
        [
            chunk({"role": "assistant", "content": None, "tool_calls": [first]}),
            *(chunk({"tool_calls": [piece]}) for piece in pieces),
            chunk(finish="tool_calls"),
            usage_chunk(),
        ]
    )


def completion(body: Json | None = None) -> Script:
    """A JSON answer instead of a stream."""
    return answer(200, json.dumps(message() if body is None else body).encode())


def answer(status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = JSON) -> Script:
    """A whole answer: status, body, headers."""

    async def script(reply: Reply) -> None:
        await reply.body(status, headers, body)

    return script


def refusal(
    status: int, text: str = "no", *, headers: Iterable[tuple[str, str]] = (), **fields: Any
) -> Script:
    """An error body as OpenAI writes it."""
    body = json.dumps({"error": {"message": text, "type": "some_error", **fields}}).encode()
    return answer(status, body, [*JSON, *headers])


def stream(*parts: bytes) -> Script:
    """An event stream of exactly these bytes, each part a write of its own."""

    async def script(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for part in parts:
            await reply.send(part)

    return script


def bytes_only(*parts: bytes) -> Script:
    """These bytes on the connection, be they HTTP or not, then FIN."""

    async def script(reply: Reply) -> None:
        for part in parts:
            await reply.raw(part)
        reply.close()

    return script


# Answers that stop half way; each begins with the token "partial".


async def _partial(reply: Reply) -> None:
    await reply.head(200, EVENT_STREAM)
    await reply.event(chunk({"role": "assistant", "content": "partial"}))


async def reset_mid_stream(reply: Reply) -> None:
    """RST after the first token."""
    await _partial(reply)
    await asyncio.sleep(_DELIVERY_SECONDS)
    reply.reset()


async def close_mid_stream(reply: Reply) -> None:
    """FIN after the first token, the last HTTP chunk missing."""
    await _partial(reply)
    reply.close()


async def hang_mid_stream(reply: Reply) -> None:
    """Silence after the first token."""
    await _partial(reply)
    await reply.stall()


async def pings_mid_stream(reply: Reply) -> None:
    """Nothing but comments after the first token."""
    await _partial(reply)
    await _ping_for_ever(reply)


async def end_without_finish(reply: Reply) -> None:
    """Well-formed HTTP that ends after the first token, without `finish_reason` or `[DONE]`."""
    await _partial(reply)


async def done_without_finish(reply: Reply) -> None:
    """`[DONE]` after the first token, without `finish_reason`."""
    await _partial(reply)
    await reply.event("[DONE]")


async def error_mid_stream(reply: Reply) -> None:
    """An error object after the first token."""
    await _partial(reply)
    await reply.event({"error": {"message": "the GPU fell off", "code": "gpu_lost"}})


async def invalid_json(reply: Reply) -> None:
    """An event after the first token that is no JSON."""
    await _partial(reply)
    await reply.event('{"choices": [{"delta"')


async def invalid_utf8(reply: Reply) -> None:
    """An event after the first token whose text is no UTF-8."""
    await _partial(reply)
    await reply.send(b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n')


async def invalid_chunk(reply: Reply) -> None:
    """A chunk size after the first token that is no number."""
    await _partial(reply)
    await reply.raw(b"zz\r\nwhat\r\n")
    await reply.stall()


async def huge_line(reply: Reply) -> None:
    """A single line of 10 MB after the first token."""
    await _partial(reply)
    await reply.send(b"data: ")
    for _ in range(HUGE_LINE_BYTES // len(_BLOCK)):
        await reply.send(_BLOCK)
    await reply.send(b"\n\n")


async def flood(reply: Reply) -> None:
    """Tokens without end, as quickly as they are taken."""
    await _partial(reply)
    event = f"data: {json.dumps(chunk({'content': 'x' * 256}))}\n\n".encode()
    while True:
        await reply.send(event * 16)


# Answers that never begin.


async def hang_before_head(reply: Reply) -> None:
    """Not a byte."""
    await reply.stall()


async def reset_before_head(reply: Reply) -> None:
    """RST instead of an answer."""
    reply.reset()


async def close_before_head(reply: Reply) -> None:
    """FIN instead of an answer."""
    reply.close()


async def hang_before_first_event(reply: Reply) -> None:
    """A head, then silence."""
    await reply.head(200, EVENT_STREAM)
    await reply.stall()


async def pings_before_first_event(reply: Reply) -> None:
    """A head, then nothing but comments."""
    await reply.head(200, EVENT_STREAM)
    await _ping_for_ever(reply)


async def _ping_for_ever(reply: Reply) -> None:
    while True:
        await reply.send(b": ping\n\n")
        await asyncio.sleep(0.01)


async def comment_flood(reply: Reply) -> None:
    """Comments without end, as quickly as they are taken."""
    await reply.head(200, EVENT_STREAM)
    while True:
        await reply.send(b": nothing to say\n" * 1024)


async def endless_comment(reply: Reply) -> None:
    """One comment line that never ends."""
    await reply.head(200, EVENT_STREAM)
    await reply.send(b": ")
    while True:
        await reply.send(_BLOCK)


async def endless_headers(reply: Reply) -> None:
    """A head that never ends."""
    await reply.raw(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        await reply.raw(b"x-header-%d: %b\r\n" % (number, _BLOCK[:100]))


async def endless_header(reply: Reply) -> None:
    """One header that never ends."""
    await reply.raw(b"HTTP/1.1 200 OK\r\nx-header: ")
    while True:
        await reply.raw(_BLOCK)


async def empty_stream(reply: Reply) -> None:
    """An event stream without an event."""
    await reply.head(200, EVENT_STREAM)


def gzip_bomb(content_type: str, prefix: bytes, filler: bytes = b"x") -> Script:
    """A compressed answer of half a megabyte that unpacks to half a gigabyte."""
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(prefix) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush a block stands for itself, so it can be sent again and again.
    block = packer.compress(filler * (1024 * 1024 // len(filler))) + packer.flush(zlib.Z_FULL_FLUSH)

    async def script(reply: Reply) -> None:
        await reply.head(200, [("content-type", content_type), ("content-encoding", "gzip")])
        await reply.send(head)
        for _ in range(512):
            await reply.send(block)

    return script


FAULTS: dict[str, Script] = {
    "reset-before-head": reset_before_head,
    "close-before-head": close_before_head,
    "hang-before-head": hang_before_head,
    "hang-before-first-event": hang_before_first_event,
    "pings-before-first-event": pings_before_first_event,
    "reset-mid-stream": reset_mid_stream,
    "close-mid-stream": close_mid_stream,
    "hang-mid-stream": hang_mid_stream,
    "pings-mid-stream": pings_mid_stream,
    "end-without-finish": end_without_finish,
    "done-without-finish": done_without_finish,
    "error-mid-stream": error_mid_stream,
    "invalid-json": invalid_json,
    "invalid-utf8": invalid_utf8,
    "invalid-chunk": invalid_chunk,
    "huge-line": huge_line,
    "flood": flood,
    "comment-flood": comment_flood,
    "endless-comment": endless_comment,
    "endless-headers": endless_headers,
    "endless-header": endless_header,
    "empty-stream": empty_stream,
    "gzip-bomb": gzip_bomb("application/json", b'{"choices": "'),
    "gzip-bomb-line": gzip_bomb("text/event-stream", b"data: "),
    "gzip-bomb-comments": gzip_bomb("text/event-stream", b"", b": x\n"),
    "not-http": bytes_only(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "html": answer(200, b"<html>Welcome</html>", [("content-type", "text/html")]),
    "no-content": answer(204, b"", ()),
    "redirect": answer(307, b"", [("location", "/elsewhere")]),
    "rejected": refusal(400, "temperature is too high", param="temperature", code="invalid_value"),
    "rate-limited": refusal(429, "slow down", headers=[("retry-after", "7")]),
    "failed": refusal(500, "out of memory"),
    "unavailable": refusal(503, "warming up", headers=[("retry-after", "3")]),
}


_TOKENS = re.compile(r"tokens:(\d+)(?::([\d.]+))?")
_GOOD = {"tool": tool_call("weather", '{"city": ', '"Oslo"}'), "json": completion()}


def named(name: str) -> Script | None:
    """The script of a name: `fault:NAME`, `tokens:COUNT`, `tokens:COUNT:GAP_SECONDS`, `tool`, `json`."""
    if name.startswith("fault:"):
        return FAULTS[name.removeprefix("fault:")]
    if counts := _TOKENS.fullmatch(name):
        return counted(int(counts[1]), float(counts[2] or 0))
    return _GOOD.get(name)


def chosen(default: str) -> Script:
    """Answers each request with the script named by its last message, else by its model, else `default`."""
    fallback = named(default)
    if fallback is None:
        raise ValueError(f"no behaviour is called {default!r}")

    async def script(reply: Reply) -> None:
        asked = reply.asked.json
        for name in (asked["messages"][-1].get("content"), asked.get("model")):
            try:
                wanted = named(name) if isinstance(name, str) else None
            except KeyError:
                wanted = refusal(400, f"{name!r} is none of: {', '.join(FAULTS)}")
            if wanted is not None:
                return await wanted(reply)
        return await fallback(reply)

    return script
