"""The mock competitor: it keeps to its script, and tells what became of its clients."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from support.bench_stage import mock_endpoint

from janus_bench.mesh.load import Endpoint
from janus_bench.mesh.script import Script


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with mock_endpoint() as started:
        yield started


@pytest_asyncio.fixture
async def http(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{endpoint.port}", timeout=10) as client:
        yield client


def asking(script: Script, **fields: object) -> dict[str, object]:
    return {"model": "bench", "messages": [{"role": "user", "content": str(script)}], **fields}


async def events(http: httpx.AsyncClient, script: Script, **fields: object) -> list[str]:
    response = await http.post("/v1/chat/completions", json=asking(script, stream=True, **fields))
    assert response.headers["content-type"] == "text/event-stream"
    return [line for line in response.text.split("\n\n") if line]


async def test_an_answer_is_a_role_the_tokens_in_order_a_finish_and_done(http: httpx.AsyncClient) -> None:
    *chunks, done = await events(http, Script(tokens=3, gap=0.001))
    deltas = [json.loads(chunk.removeprefix("data: "))["choices"][0] for chunk in chunks]
    assert deltas[0]["delta"] == {"role": "assistant", "content": ""}
    assert [delta["delta"]["content"].partition("@")[0] for delta in deltas[1:4]] == [
        "t000000",
        "t000001",
        "t000002",
    ]
    assert deltas[4]["finish_reason"] == "stop"
    assert done == "data: [DONE]"


async def test_every_token_event_is_about_180_bytes_and_as_long_as_the_others(
    http: httpx.AsyncClient,
) -> None:
    chunks = await events(http, Script(tokens=12, gap=0.0))
    lengths = {len(chunk) for chunk in chunks if '"content":"t' in chunk}
    assert len(lengths) == 1
    assert 175 <= lengths.pop() <= 195


async def test_usage_comes_when_it_was_asked_for(http: httpx.AsyncClient) -> None:
    chunks = await events(http, Script(tokens=5, gap=0.0), stream_options={"include_usage": True})
    usage = json.loads(chunks[-2].removeprefix("data: "))
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 5


async def test_a_token_is_stamped_with_the_time_it_was_written(http: httpx.AsyncClient) -> None:
    before = time.monotonic()
    chunks = await events(http, Script(tokens=2, gap=0.05))
    stamps = [int(chunk.partition("@")[2][:15]) / 1e6 for chunk in chunks if "@" in chunk]
    assert before <= stamps[0] <= stamps[1] <= time.monotonic()
    assert stamps[1] - stamps[0] >= 0.04


async def test_silence_is_filled_with_pings(http: httpx.AsyncClient) -> None:
    chunks = await events(http, Script(tokens=1, first=0.3, ping=0.05))
    assert chunks.count(": ping") >= 2


async def test_without_stream_the_answer_is_one_object(http: httpx.AsyncClient) -> None:
    response = await http.post("/v1/chat/completions", json=asking(Script(tokens=4, gap=0.001)))
    body = response.json()
    assert len(body["choices"][0]["message"]["content"].split()) == 4
    assert body["usage"]["completion_tokens"] == 4


@pytest.mark.parametrize(
    "phase", [Script("left", head=60.0), Script("left", first=60.0), Script("left", gap=60.0)]
)
async def test_a_client_that_leaves_is_noted_with_the_time(
    endpoint: Endpoint, http: httpx.AsyncClient, phase: Script
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    writer.write(endpoint.request(phase, stream=True))
    await under_way(http, 1)
    left = time.monotonic()
    writer.close()
    await writer.wait_closed()
    await under_way(http, 0)
    seen = (await http.delete("/bench/cancellations")).json()
    assert left <= seen["left"] <= time.monotonic()
    assert (await http.delete("/bench/cancellations")).json() == {}


async def test_a_complete_answer_is_no_cancellation(http: httpx.AsyncClient) -> None:
    await events(http, Script("whole", tokens=2, gap=0.0))
    assert (await http.delete("/bench/cancellations")).json() == {}


async def test_answers_that_nobody_wants_can_be_broken_off(
    endpoint: Endpoint, http: httpx.AsyncClient
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    writer.write(endpoint.request(Script(first=60.0), stream=True))
    await under_way(http, 1)
    assert (await http.delete("/bench/answers")).json() == ["s0"]
    async with asyncio.timeout(5):
        assert b"assistant" in await reader.read()
    await under_way(http, 0)
    writer.close()
    await writer.wait_closed()


async def test_a_request_without_a_script_is_refused(http: httpx.AsyncClient) -> None:
    response = await http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]})
    assert response.status_code == 400
    assert "no script" in response.json()["error"]["message"]


async def test_health_is_what_a_competitor_must_say(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json()["status"] == "ok"


async def under_way(http: httpx.AsyncClient, answers: int) -> None:
    """Waits until that many answers are under way."""
    async with asyncio.timeout(5):
        while len((await http.get("/bench/answers")).json()) != answers:
            pass
