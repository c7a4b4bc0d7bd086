"""What real providers send: the answer comes through whole, unpacked and labelled as what it is."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor, Reply, Script
from support.inference_platform import CHAT, DONE, events_in, platform_over, text_in
from support.platform_gate import guarded, shown

from janus_mesh.settings import StreamTimeouts
from janus_platform.inference.provider import Endpoint, Provider

WHOLE = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = {**WHOLE, "stream": True}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2}


def event(payload: object) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


BEGUN, REST = event(scripts.chunk({"content": "Hel"})), event(scripts.chunk({"content": "lo"}, finish="stop"))
END = event({"choices": [], "usage": USAGE}) + event(b"[DONE]")
BODY = BEGUN + REST + END


def sent(*parts: bytes, headers: Iterable[tuple[str, str]] = ()) -> Script:
    """A chunked answer with these headers alone."""

    async def script(reply: Reply) -> None:
        await reply.head(200, headers)
        for part in parts:
            await reply.send(part)

    return script


@asynccontextmanager
async def platform(answers: Script) -> AsyncIterator[httpx.AsyncClient]:
    timeouts = StreamTimeouts(first_event_timeout=5, gap_timeout=2, total_timeout=10)
    async with HttpCompetitor(answers) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "sk"), model="", timeouts=timeouts)
        async with platform_over(backend, gate=guarded()) as client:
            yield client


async def streamed(answers: Script) -> tuple[httpx.Response, dict[str, Any]]:
    """The answer to a streamed call, and the account."""
    async with platform(answers) as client:
        answer = await client.post(CHAT, json=STREAMED, headers=shown())
        account: dict[str, Any] = (await client.get("/v1/usage", headers=shown())).json()
    return answer, account


@pytest.mark.parametrize(
    "labels",
    [
        [("content-type", "application/json, text/event-stream")],
        [("content-type", "application/json"), ("content-type", "text/event-stream")],
        [("content-type", "text/plain")],
        [("content-type", "application/json")],
        [],
    ],
    ids=["two in one", "twice", "text", "json", "none"],
)
async def test_a_stream_is_labelled_as_one_whatever_the_provider_says(labels: list[tuple[str, str]]) -> None:
    answer, account = await streamed(sent(BODY, headers=labels))
    assert answer.headers["content-type"] == "text/event-stream"
    assert text_in(events_in(answer.text)) == "Hello"
    assert account["completion_tokens"] == 2


async def test_the_first_bytes_may_be_a_comment_or_come_one_by_one() -> None:
    parts = [bytes([byte]) for byte in b": hello\n\n" + BODY[:40]]
    answer, _ = await streamed(sent(*parts, BODY[40:], headers=[("content-type", "text/plain")]))
    assert answer.headers["content-type"] == "text/event-stream"
    assert text_in(events_in(answer.text)) == "Hello"


async def test_a_whole_answer_to_a_streamed_call_is_labelled_as_json() -> None:
    body = json.dumps(scripts.message("Hi")).encode()
    answer, _ = await streamed(sent(body, headers=[("content-type", "text/event-stream")]))
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["choices"][0]["message"]["content"] == "Hi"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("gzip", gzip.compress(BEGUN) + gzip.compress(REST + END)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
    ],
    ids=["gzip", "two members", "zlib", "raw deflate"],
)
async def test_a_packed_answer_is_unpacked_and_metered(encoding: str, packed: bytes) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", encoding)]
    answer, account = await streamed(sent(packed[:7], packed[7:], headers=headers))
    assert "content-encoding" not in answer.headers
    assert text_in(events_in(answer.text)) == "Hello"
    assert (account["completion_tokens"], account["estimated"]) == (2, False)


async def test_a_packed_answer_that_breaks_off_never_looks_whole() -> None:
    packed = gzip.compress(BODY)[:-12]
    headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")]
    answer, _ = await streamed(sent(packed, headers=headers))
    assert answer.text.rstrip().splitlines()[-1].startswith('data: {"error"')


@pytest.mark.parametrize(
    "odd",
    [
        event({"type": "ping"}),
        event({"choices": [], "model": "", "prompt_filter_results": [{"prompt_index": 0}], "usage": None}),
        b": keep-alive\n\n",
        event(scripts.chunk({"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}]})),
        b'data: {"choices": [{"index": 0, "delta": {"content": "\\ud83d"}}]}\n\n',
        event(scripts.chunk({"content": [{"type": "thinking", "thinking": "x"}]})),
        event({**scripts.chunk({"content": "+"}), "usage": USAGE}),
        event(scripts.chunk({"content": "late"})),
    ],
    ids=["ping", "filter", "comment", "tool call", "surrogate", "parts", "usage", "late"],
)
@pytest.mark.parametrize("after_finish", [False, True])
async def test_what_is_odd_passes_through_to_the_byte(odd: bytes, after_finish: bool) -> None:
    body = BEGUN + (REST + odd if after_finish else odd + REST)
    answer, account = await streamed(scripts.stream(body, END))
    assert answer.content == body + event(b"[DONE]")  # all but the usage chunk, which nobody asked for
    assert account["completion_tokens"] == 2


async def test_an_endless_head_is_a_fault_of_the_provider() -> None:
    async with platform(scripts.bytes_only(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 100_000)) as client:
        answer = await client.post(CHAT, json=STREAMED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_failed")


async def test_a_flood_of_an_event_without_end_is_passed_on_and_not_kept() -> None:
    flood = b"data: " + b"x" * 300_000
    answer, _ = await streamed(scripts.stream(*[flood] * 20, b"\n\n", END))
    assert len(answer.content) > 20 * 300_000
    assert answer.text.endswith(f"data: {DONE}\n\n")
