"""The fast path: what it asks of the inference proxy, and what it makes of the answer."""

import asyncio
import json
import re
from typing import Any

import pytest
from support import competitor_scripts as scripts
from support.baseline import ASKED, CHAT, STREAMED, baseline
from support.http_competitor import EVENT_STREAM, Reply
from support.inference_platform import DONE, events_in, text_in

from janus_mesh import traces

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def asked_of_the_proxy(fields: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """What the proxy gets when a client asks this."""
    async with baseline(scripts.completion(), **settings) as running:
        await running.client.post(CHAT, json=fields)
        body: dict[str, Any] = (await running.inference.asked()).json
        return body


# What it asks.


async def test_the_conversation_is_passed_on_as_it_is() -> None:
    fields = {**ASKED, "temperature": 0, "seed": 7, "max_tokens": 5, "tools": [{"odd": None}], "mood": "fine"}
    assert await asked_of_the_proxy(fields) == fields


async def test_an_answer_without_a_bound_gets_one() -> None:
    assert (await asked_of_the_proxy(ASKED))["max_completion_tokens"] == 512
    assert (await asked_of_the_proxy(ASKED, max_tokens=9))["max_completion_tokens"] == 9


@pytest.mark.parametrize("bound", ["max_tokens", "max_completion_tokens"])
async def test_the_clients_bound_stands(bound: str) -> None:
    asked = await asked_of_the_proxy({**ASKED, bound: 3})
    assert {key: value for key, value in asked.items() if key.startswith("max")} == {bound: 3}


async def test_the_request_token_is_shown_to_the_proxy() -> None:
    async with baseline(scripts.completion()) as running:
        await running.client.post(CHAT, json=ASKED, headers={"x-janus-token": "the-token"})
        await running.client.post(CHAT, json=ASKED)
        first, second = running.inference.requests
    assert first.headers["x-janus-token"] == "the-token"
    assert "x-janus-token" not in second.headers


async def test_a_configured_model_is_asked() -> None:
    assert (await asked_of_the_proxy(ASKED, model="better"))["model"] == "better"


@pytest.mark.parametrize("key", ["", "sk-baseline"])
async def test_a_configured_key_is_sent(key: str) -> None:
    async with baseline(scripts.completion(), openai_api_key=key) as running:
        await running.client.post(CHAT, json=ASKED, headers={"authorization": "Bearer sk-client"})
        sent = (await running.inference.asked()).headers
    assert sent.get("authorization") == (f"Bearer {key}" if key else None)


async def test_request_id_and_trace_go_along() -> None:
    traces.configure("test")
    async with baseline(scripts.completion()) as running:
        headers = {"x-request-id": "req_mine", "traceparent": TRACE}
        answer = await running.client.post(CHAT, json=ASKED, headers=headers)
        sent = (await running.inference.asked()).headers
    assert answer.headers["x-request-id"] == sent["x-request-id"] == "req_mine"
    assert sent["traceparent"].split("-")[1] == TRACE.split("-")[1]


# What it answers.


async def test_a_whole_answer_is_the_proxys_with_usage() -> None:
    async with baseline(scripts.completion()) as running:
        answer = await running.client.post(CHAT, json=ASKED)
    assert answer.json() == scripts.message()
    assert answer.json()["usage"]["completion_tokens"] == 2


async def test_a_stream_begins_with_the_path_taken() -> None:
    async with baseline(scripts.tokens("Hel", "lo")) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    step, *rest = events_in(answer.text)
    said = step["choices"][0]["delta"]["janus"]
    assert (said["event"], said["payload"]["path"]) == ("path", "fast")
    assert said["payload"]["reason"]
    assert (step["id"], step["model"]) == (rest[0]["id"], rest[0]["model"])


async def test_a_stream_is_the_proxys_to_the_end() -> None:
    async with baseline(scripts.tokens("Hel", "lo")) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    events = events_in(answer.text)
    assert answer.headers["content-type"] == "text/event-stream"
    assert text_in(events) == "Hello"
    assert events[-2]["usage"]["completion_tokens"] == 2
    assert events[-1] == DONE


async def test_tool_calls_pass_through() -> None:
    async with baseline(scripts.tool_call("weather", '{"city": ', '"Oslo"}')) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    calls = [
        call
        for event in events_in(answer.text)[:-1]
        for choice in event["choices"]
        for call in choice["delta"].get("tool_calls", [])
    ]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city": "Oslo"}'


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_events_are_whole_however_they_come(size: int) -> None:
    text = "é\u2028x"  # U+2028 ends a line for some, but not in an event stream
    chunk = json.dumps(scripts.chunk({"content": text}), ensure_ascii=False)
    stream = f": ping\r\n\r\ndata: {chunk}\r\n\r\ndata: [DONE]\n\n".encode()
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    async with baseline(scripts.stream(*pieces)) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert text_in(events_in(answer.text)) == text
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_each_event_is_passed_on_before_the_next_is_there() -> None:
    more = asyncio.Event()

    async def slow(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event(scripts.chunk({"content": "first"}))
        await more.wait()
        await reply.event("[DONE]")

    async with baseline(slow) as running, running.client.stream("POST", CHAT, json=STREAMED) as answer:
        pieces = answer.aiter_text()
        said = ""
        while "first" not in said:
            said += await anext(pieces)
        more.set()
        assert "[DONE]" in "".join([piece async for piece in pieces])


async def test_a_json_answer_to_a_streamed_question_stays_one() -> None:
    async with baseline(scripts.completion()) as running:
        answer = await running.client.post(CHAT, json=STREAMED)
    assert answer.json() == scripts.message()


async def test_metrics_count_requests() -> None:
    async with baseline(scripts.completion()) as running:
        await running.client.post(CHAT, json=ASKED)
        text = (await running.client.get("/metrics")).text
    assert re.search(r'janus_baseline_requests_total\{end="ok",path="fast"\} [1-9]', text)
