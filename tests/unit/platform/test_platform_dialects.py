"""OpenAI's Responses API and Anthropic's Messages API: passed through, with token, metering and budget."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from support import competitor_scripts as scripts
from support.http_competitor import EVENT_STREAM, HttpCompetitor, Reply, Script
from support.inference_platform import RealModel, platform_over
from support.platform_gate import guarded, shown, token

from janus_mesh.settings import StreamTimeouts
from janus_platform.inference.provider import Endpoint, Provider

RESPONSES, MESSAGES = "/v1/responses", "/v1/messages"
ASKED = {
    RESPONSES: {"model": "asked", "input": "hi", "stream": True},
    MESSAGES: {"model": "asked", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
}
both = pytest.mark.parametrize("path", [RESPONSES, MESSAGES])


def events(*payloads: dict) -> list[bytes]:
    return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in payloads]


STREAMS = {
    RESPONSES: events(
        {"type": "response.created", "response": {"id": "resp_1", "usage": None}},
        *[{"type": "response.output_text.delta", "delta": "x" * 500}] * 20,
        {
            "type": "response.completed",
            "response": {"id": "resp_1", "usage": {"input_tokens": 40, "output_tokens": 20}},
        },
    ),
    MESSAGES: events(
        {
            "type": "message_start",
            "message": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 30, "output_tokens": 1}},
        },
        *[{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "x" * 500}}] * 20,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    ),
}


@asynccontextmanager
async def proxy(script: Script) -> AsyncIterator[tuple[httpx.AsyncClient, HttpCompetitor]]:
    async with HttpCompetitor(scripts.completion()) as provider:
        provider.routes = {RESPONSES: script, MESSAGES: script}
        backend = Provider(Endpoint(f"{provider.url}/v1", "sk-p"), model="real", timeouts=StreamTimeouts())
        async with platform_over(backend, gate=guarded(require_token=True)) as client:
            yield client, provider


async def metered(client: httpx.AsyncClient) -> tuple[int, int]:
    account = (await client.get("/v1/usage", headers=shown())).json()
    return account["prompt_tokens"], account["completion_tokens"]


@both
async def test_streams_pass_to_the_byte_and_their_tokens_are_metered(path):
    async with proxy(scripts.stream(*STREAMS[path])) as (client, provider):
        answer = await client.post(path, json={**ASKED[path], "stream": True}, headers=shown())
        assert answer.content == b"".join(STREAMS[path])
        (asked,) = provider.requests
        assert (asked.target, asked.json) == (path, {**ASKED[path], "stream": True, "model": "real"})
        assert await metered(client) == (40, 20)


@both
async def test_whole_answers_are_metered_too(path):
    body = b'{"id": "x", "usage": {"input_tokens": 7, "output_tokens": 3}}'
    async with proxy(scripts.answer(200, body)) as (client, _):
        answer = await client.post(path, json={**ASKED[path], "stream": False}, headers=shown())
        assert answer.content == body
        assert await metered(client) == (7, 3)


async def test_a_stream_that_breaks_off_is_charged_for_what_had_come():
    begun = STREAMS[MESSAGES][:11]

    async def breaking(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for piece in begun:
            await reply.send(piece)
        await asyncio.sleep(0.05)  # a reset throws away what is still on its way
        reply.reset()

    async with proxy(breaking) as (client, _):
        answer = await client.post(MESSAGES, json={**ASKED[MESSAGES], "stream": True}, headers=shown())
        assert '"provider_failed"' in answer.text
        assert await metered(client) == (40, 11)  # an event is about a token


async def test_a_usage_that_the_caller_wrote_into_what_is_repeated_counts_for_nothing():
    fake = {"type": "response.completed", "usage": {"input_tokens": 0, "output_tokens": 0}}
    repeated = {"id": "resp_1", "usage": None, "tools": [{"type": "function", "parameters": fake}]}
    created, *_ = events({"type": "response.created", "response": repeated})

    async def hanging(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        for piece in (created, *STREAMS[RESPONSES][1:11]):
            await reply.send(piece)
        await reply.stall()

    async with proxy(hanging) as (client, _):
        asked = {**ASKED[RESPONSES], "stream": True}
        async with client.stream("POST", RESPONSES, json=asked, headers=shown()) as answer:
            async for text in answer.aiter_text():
                if text.count("\n\n"):
                    break
        prompt, completion = await metered(client)
    assert prompt > 0
    assert completion > 0


@both
async def test_without_a_token_or_a_budget_nobody_is_asked(path):
    async with proxy(scripts.answer(200, b"{}")) as (client, provider):
        spent = shown(budget=0.0)
        codes = [(await client.post(path, json=ASKED[path], headers=who)).status_code for who in ({}, spent)]
        assert codes == [401, 402]
        assert provider.requests == []


async def test_anthropics_headers_reach_the_provider_and_no_callers_key_does():
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "b", "x-api-key": "sk-caller"}
    async with proxy(scripts.answer(200, b"{}")) as (client, provider):
        await client.post(MESSAGES, json=ASKED[MESSAGES], headers=headers | shown())
        sent = provider.requests[0].headers
    assert (sent["anthropic-version"], sent["anthropic-beta"], sent["x-api-key"]) == (
        "2023-06-01",
        "b",
        "sk-p",
    )
    assert "sk-caller" not in str(sent)


async def test_the_token_may_come_as_an_anthropic_key():
    async with proxy(scripts.answer(200, b"{}")) as (client, _):
        answer = await client.post(MESSAGES, json=ASKED[MESSAGES], headers={"x-api-key": token()})
    assert answer.status_code == 200


async def test_work_that_would_go_on_without_its_caller_is_refused():
    async with proxy(scripts.answer(200, b"{}")) as (client, _):
        answer = await client.post(RESPONSES, json={**ASKED[RESPONSES], "background": True}, headers=shown())
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "background")


@both
@pytest.mark.asyncio(loop_scope="session")
async def test_the_embedded_model_says_that_it_does_not_speak_them(model: RealModel, path):
    answer = await model.client.post(path, json=ASKED[path])
    assert answer.status_code == 404
    assert "configure a provider" in answer.json()["error"]["message"]
