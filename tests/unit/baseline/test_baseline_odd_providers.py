"""What real servers send behind the fast path: nothing that arrived is lost."""

import gzip
import json
import zlib
from collections.abc import Iterable

import httpx
import pytest
from support import competitor_scripts as scripts
from support.baseline import ASKED, CHAT, STREAMED, baseline
from support.http_competitor import Reply, Script
from support.inference_platform import DONE, events_in, text_in


def event(payload: object) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


BEGUN, REST = event(scripts.chunk({"content": "Hel"})), event(scripts.chunk({"content": "lo"}, finish="stop"))
BODY = BEGUN + REST + event(b"[DONE]")


def sent(
    *parts: bytes, headers: Iterable[tuple[str, str]] = (("content-type", "text/event-stream"),)
) -> Script:
    async def script(reply: Reply) -> None:
        await reply.head(200, headers)
        for part in parts:
            await reply.send(part)

    return script


async def streamed(answers: Script) -> httpx.Response:
    async with baseline(answers) as it:
        return await it.client.post(CHAT, json=STREAMED)


@pytest.mark.parametrize(
    "labels",
    [
        [("content-type", "application/json, text/event-stream")],
        [("content-type", "text/plain")],
        [("content-type", "application/json")],
        [],
    ],
    ids=["two in one", "text", "json", "none"],
)
async def test_a_stream_is_streamed_whatever_its_label(labels: list[tuple[str, str]]) -> None:
    answer = await streamed(sent(BODY, headers=labels))
    events = events_in(answer.text)
    assert answer.headers["content-type"] == "text/event-stream"
    assert events[0]["choices"][0]["delta"]["janus"]["event"] == "path"
    assert (text_in(events), events[-1]) == ("Hello", DONE)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress(BEGUN) + gzip.compress(BODY[len(BEGUN) :])), ("deflate", raw_deflate(BODY))],
    ids=["two members", "raw deflate"],
)
async def test_a_packed_stream_is_read_to_its_end(encoding: str, packed: bytes) -> None:
    headers = [("content-type", "text/event-stream"), ("content-encoding", encoding)]
    events = events_in((await streamed(sent(packed, headers=headers))).text)
    assert (text_in(events), events[-1]) == ("Hello", DONE)


@pytest.mark.parametrize(
    "odd",
    [
        event({"type": "ping"}),
        event([1]),
        event(7),
        event("text"),
        event({"choices": [], "model": "", "prompt_filter_results": []}),
        event(scripts.chunk({"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": {}}}]})),
        b'data: {"choices": [{"index": 0, "delta": {"content": "\\ud83d"}}]}\n\n',
        event(scripts.chunk({"content": [{"type": "text", "text": "part"}]})),
        event({**scripts.chunk({}), "usage": {"prompt_tokens": 3, "completion_tokens": -35}}),
        event({**scripts.chunk({}), "id": 17, "created": "now"}),
        b"event: message\ndata: " + json.dumps(scripts.chunk({"content": "named"})).encode() + b"\n\n",
        b'data: {"choices":\ndata: []}\n\n',
    ],
    ids=[
        *("ping", "list", "number", "string", "filter", "tool call", "surrogate", "parts", "negative", "ids"),
        *("named", "two lines"),
    ],
)
@pytest.mark.parametrize("place", ["first", "middle", "after the finish"])
async def test_what_is_odd_is_passed_on_as_it_is(odd: bytes, place: str) -> None:
    body = {
        "first": odd + BEGUN + REST,
        "middle": BEGUN + odd + REST,
        "after the finish": BEGUN + REST + odd,
    }[place]
    answer = await streamed(scripts.stream(body, event(b"[DONE]")))
    _, _, passed = answer.content.partition(b"\n\n")  # after the step that tells the path
    assert passed == body + event(b"[DONE]")


async def test_a_stream_of_named_events_alone_is_not_lost() -> None:
    body = b"".join(b"event: chunk\n" + one + b"\n\n" for one in BODY.strip().split(b"\n\n"))
    answer = await streamed(scripts.stream(body))
    assert b"Hel" in answer.content
    assert b"error" not in answer.content


async def test_a_finished_answer_without_done_is_complete() -> None:
    events = events_in((await streamed(scripts.stream(BEGUN + REST))).text)
    assert (text_in(events), events[-1]) == ("Hello", DONE)


async def test_an_end_without_the_blank_line_after_it_counts() -> None:
    events = events_in((await streamed(scripts.stream(BODY.rstrip()))).text)
    assert (text_in(events), events[-1]) == ("Hello", DONE)


async def test_an_event_that_was_cut_off_is_not_passed_on() -> None:
    answer = await streamed(scripts.stream(BEGUN + REST[:20]))
    assert "[DONE]" not in answer.text
    assert answer.text.rstrip().splitlines()[-1].startswith('data: {"error"')


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": "max_tokens is too large", "type": "BadRequestError", "code": 400},
        {"detail": [{"loc": ["body"], "msg": "max_tokens is too large"}]},
        {"error": "max_tokens is too large"},
    ],
    ids=["vllm", "fastapi", "text"],
)
async def test_a_refusal_of_another_form_keeps_its_words(body: dict[str, object]) -> None:
    async with baseline(scripts.answer(400, json.dumps(body).encode())) as it:
        answer = await it.client.post(CHAT, json=ASKED)
    assert (answer.status_code, answer.json()) == (400, body)


async def test_a_body_without_end_is_not_kept(monkeypatch) -> None:
    monkeypatch.setattr("janus_baseline.agent_cli.proxied_answer._LONGEST_BODY", 100_000)
    async with baseline(sent(*[b"x" * 60_000] * 3, headers=[("content-type", "application/json")])) as it:
        answer = await it.client.post(CHAT, json=ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "inference_failed")
