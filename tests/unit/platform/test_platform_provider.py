"""A configured provider behind the proxy: what reaches it, what comes back, what happens when it fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply, Script
from support.inference_platform import CHAT, platform_over
from support.stack import free_port

from janus_mesh.settings import StreamTimeouts
from janus_platform.inference.provider import Endpoint, Provider

JSON = {"content-type": "application/json"}

KEY = "sk-platform"
ASKED = {"model": "asked", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = {**ASKED, "stream": True}


@asynccontextmanager
async def proxy(
    answers: Script, *, model: str = "", **timeouts: float
) -> AsyncIterator[tuple[httpx.AsyncClient, HttpCompetitor]]:
    """The platform in front of a provider that answers so."""
    async with HttpCompetitor(answers) as provider:
        endpoint = Endpoint(f"{provider.url}/v1", KEY)
        backend = Provider(endpoint, model=model, timeouts=StreamTimeouts(**timeouts))
        async with platform_over(backend) as client:
            yield client, provider


# What reaches the provider.

ODD = (
    b'{ "model" : "asked",\n "messages":[{"role":"user","content":"\\u00e9 \\/"}],'
    b' "seed": 1e2, "x":1.0, "x":2 }'
)


async def test_the_body_passes_through_to_the_byte() -> None:
    async with proxy(scripts.completion()) as (client, provider):
        await client.post(CHAT, content=ODD, headers=JSON)
        assert bytes((await provider.asked()).body) == ODD


async def test_a_configured_model_replaces_the_asked_one_and_nothing_else() -> None:
    async with proxy(scripts.completion(), model="real") as (client, provider):
        await client.post(CHAT, content=ODD, headers=JSON)
        assert bytes((await provider.asked()).body) == ODD.replace(b'"asked"', b'"real"')


async def test_the_callers_key_stays_here_and_the_platforms_is_sent() -> None:
    async with proxy(scripts.completion()) as (client, provider):
        headers = {"authorization": "Bearer sk-caller", "x-api-key": "sk-caller", "cookie": "sk-caller"}
        await client.post(CHAT, json=ASKED, headers=headers)
        sent = (await provider.asked()).headers
        assert sent["authorization"] == f"Bearer {KEY}"
        assert "sk-caller" not in str(sent)


# What comes back.


async def test_a_whole_answer_passes_through_to_the_byte() -> None:
    body = b'{ "id": "x",\n "choices": [ ], "usage": {"prompt_tokens": 3, "completion_tokens": 2} }'
    async with proxy(scripts.answer(200, body)) as (client, _):
        assert (await client.post(CHAT, json=ASKED)).content == body


async def test_a_stream_passes_through_to_the_byte() -> None:
    parts = (b": hello\r\n\r\n", b"event: x\ndata: {not", b" json\n", b"\n", b"data:[DONE]\n\n")
    async with proxy(scripts.stream(*parts)) as (client, _):
        answer = await client.post(CHAT, json=STREAMED)
        assert answer.content == b"".join(parts)
        assert answer.headers["content-type"] == "text/event-stream"


async def test_each_piece_is_passed_on_before_the_next_is_there() -> None:
    more = asyncio.Event()

    async def slow(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event("first")
        await more.wait()
        await reply.event("second")

    async with proxy(slow) as (client, _), client.stream("POST", CHAT, json=STREAMED) as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"data: first\n\n"
        more.set()
        assert await anext(pieces) == b"data: second\n\n"


async def test_an_error_passes_with_status_body_and_what_helps_to_retry() -> None:
    headers = [("retry-after", "7"), ("x-ratelimit-remaining-requests", "0"), ("set-cookie", "secret")]
    async with proxy(scripts.refusal(429, "slow down", headers=headers, code="busy")) as (client, _):
        answer = await client.post(CHAT, json=STREAMED)
    assert answer.status_code == 429
    assert answer.json()["error"] == {"message": "slow down", "type": "some_error", "code": "busy"}
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"
    assert "set-cookie" not in answer.headers


async def test_embeddings_are_the_providers() -> None:
    async with proxy(scripts.completion(), model="a-chat-model") as (client, provider):
        provider.routes["/v1/embeddings"] = scripts.answer(200, b'{"data": []}')
        answer = await client.post("/v1/embeddings", json={"model": "embed", "input": "hi"})
        assert answer.json() == {"data": []}
        assert provider.requests[-1].json["model"] == "embed"


async def test_images_are_the_providers() -> None:
    async with proxy(scripts.completion()) as (client, provider):
        provider.routes["/v1/images/generations"] = scripts.answer(200, b'{"data": [{"b64_json": "AA=="}]}')
        answer = await client.post("/v1/images/generations", json={"model": "draw", "prompt": "a bridge"})
        assert answer.json() == {"data": [{"b64_json": "AA=="}]}
        assert provider.requests[-1].json == {"model": "draw", "prompt": "a bridge"}


async def test_pictures_in_a_conversation_reach_the_provider() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    async with proxy(scripts.completion()) as (client, provider):
        await client.post(CHAT, json={**ASKED, "messages": [{"role": "user", "content": [picture]}]})
        assert (await provider.asked()).json["messages"][0]["content"] == [picture]


async def test_models_are_the_providers() -> None:
    async with proxy(scripts.completion()) as (client, provider):
        provider.routes["/v1/models"] = scripts.answer(200, b'{"data": [{"id": "big"}]}')
        assert (await client.get("/v1/models")).json()["data"] == [{"id": "big"}]


async def test_a_configured_model_is_the_only_one_listed() -> None:
    async with proxy(scripts.completion(), model="real") as (client, provider):
        assert [entry["id"] for entry in (await client.get("/v1/models")).json()["data"]] == ["real"]
        assert provider.requests == []


async def test_it_is_healthy_without_asking_the_provider() -> None:
    async with proxy(scripts.completion(), model="real") as (client, provider):
        health = await client.get("/health")
        assert health.status_code == 200
        assert health.json()["inference"] == {"status": "ok", "backend": "provider", "model": "real"}
        assert provider.requests == []


# What happens when it fails.


async def test_a_provider_that_is_not_there_is_unavailable() -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{free_port()}/v1", KEY)
    async with platform_over(Provider(endpoint, model="", timeouts=StreamTimeouts())) as client:
        answer = await client.post(CHAT, json=ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")


@pytest.mark.parametrize("fault", ["reset-before-head", "close-before-head", "not-http"])
async def test_a_provider_that_breaks_off_before_its_answer_is_unavailable(fault: str) -> None:
    async with proxy(scripts.FAULTS[fault]) as (client, _):
        answer = await client.post(CHAT, json=STREAMED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_failed")


@pytest.mark.parametrize(
    ("asked", "bound"), [(STREAMED, "first_event_timeout"), (ASKED, "total_timeout")], ids=["stream", "whole"]
)
async def test_a_provider_that_does_not_answer_times_out(asked: dict[str, Any], bound: str) -> None:
    async with proxy(scripts.hang_before_head, **{bound: 0.1}) as (client, provider):
        answer = await client.post(CHAT, json=asked)
        await (await provider.asked()).disconnected.wait()
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "provider_timeout")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reset-mid-stream", "provider_failed"),
        ("close-mid-stream", "provider_failed"),
        ("hang-mid-stream", "provider_timeout"),
    ],
)
async def test_a_stream_that_breaks_between_events_ends_with_an_error_event(fault: str, code: str) -> None:
    patience = 0.1 if code == "provider_timeout" else 30.0
    async with proxy(scripts.FAULTS[fault], gap_timeout=patience) as (client, _):
        answer = await client.post(CHAT, json=STREAMED)
    *_, last, end = answer.text.split("\n\n")
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == code
    assert end == ""
    assert "[DONE]" not in answer.text


async def test_a_stream_that_breaks_within_a_held_event_ends_with_an_error_in_its_place() -> None:
    async def torn(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event("whole")
        await reply.send(b'data: {"choi')
        reply.close()

    async with proxy(torn) as (client, _):
        answer = await client.post(CHAT, json=STREAMED)
    first, second, end = answer.text.split("\n\n")
    assert (first, end) == ("data: whole", "")
    assert json.loads(second.removeprefix("data: "))["error"]["code"] == "provider_failed"


async def test_a_stream_that_breaks_within_an_event_is_cut_off() -> None:
    async def torn(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.send(b'data: {"choi')
        reply.close()

    async with proxy(torn) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(CHAT, json={**STREAMED, "stream_options": {"include_usage": True}})


async def test_a_whole_answer_that_breaks_off_is_cut_off() -> None:
    async def torn(reply: Reply) -> None:
        await reply.head(200, scripts.JSON, length=100)
        await reply.send(b'{"choices": ')
        reply.close()

    async with proxy(torn) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(CHAT, json=ASKED)


async def test_the_next_call_after_a_failure_is_answered() -> None:
    async with proxy(scripts.completion()) as (client, provider):
        provider.next_chats.append(scripts.reset_mid_stream)
        await client.post(CHAT, json=STREAMED)
        assert (await client.post(CHAT, json=ASKED)).json() == scripts.message()


# A caller that leaves.


@pytest.mark.parametrize("asked", [STREAMED, ASKED], ids=["stream", "whole"])
async def test_leaving_before_the_head_closes_the_providers_connection(asked: dict[str, Any]) -> None:
    async with proxy(scripts.hang_before_head) as (client, provider):
        call = asyncio.create_task(client.post(CHAT, json=asked))
        seen = await provider.asked()
        await seen.came.wait()
        call.cancel()
        async with asyncio.timeout(2):
            await seen.disconnected.wait()


@pytest.mark.parametrize("script", [scripts.hang_mid_stream, scripts.flood], ids=["silent", "flooding"])
async def test_leaving_in_the_middle_closes_the_providers_connection(script: Script) -> None:
    async with proxy(script) as (client, provider):
        async with client.stream("POST", CHAT, json=STREAMED) as answer:
            await anext(answer.aiter_raw())
        async with asyncio.timeout(2):
            await (await provider.asked()).disconnected.wait()


# What is written down.


async def test_each_call_is_one_line_with_its_tokens() -> None:
    async with proxy(scripts.tokens("Hel", "lo"), model="real") as (client, _):
        with capture_logs() as lines:
            await client.post(CHAT, json=STREAMED, headers={"x-request-id": "req_mine"})
    (line,) = [line for line in lines if line["event"] == "inference"]
    assert line["log_level"] == "info"
    assert (line["backend"], line["model"], line["asked_model"]) == ("provider", "real", "asked")
    assert (line["prompt_tokens"], line["completion_tokens"]) == (3, 2)
    assert (line["end"], line["status"]) == ("ok", 200)
    assert 0 < line["first_byte_seconds"] <= line["seconds"]


async def test_a_call_whose_caller_left_is_written_down_as_aborted() -> None:
    async with proxy(scripts.hang_mid_stream) as (client, provider):
        with capture_logs() as lines:
            async with client.stream("POST", CHAT, json=STREAMED) as answer:
                await anext(answer.aiter_raw())
            await (await provider.asked()).disconnected.wait()
            while 'end="aborted"' not in (await client.get("/metrics")).text:
                pass
    assert [line["end"] for line in lines if line["event"] == "inference"] == ["aborted"]


async def test_metrics_count_calls_and_tokens() -> None:
    async with proxy(scripts.tokens("a", "b", "c")) as (client, _):
        before = await _counted(client)
        await client.post(CHAT, json=STREAMED)
        calls, tokens = await _counted(client)
    assert (calls - before[0], tokens - before[1]) == (1, 3)


async def _counted(client: httpx.AsyncClient) -> tuple[float, float]:
    text = (await client.get("/metrics")).text
    names = (
        'janus_inference_calls_total{backend="provider",end="ok",operation="chat"}',
        'janus_inference_tokens_total{backend="provider",kind="completion"}',
    )
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    calls, tokens = (float(lines.get(name, 0)) for name in names)
    return calls, tokens
