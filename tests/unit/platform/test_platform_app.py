"""The HTTP surface whatever the backend: errors, ids, bounds, traces."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor
from support.inference_platform import CHAT, platform_over

from janus_mesh.settings import StreamTimeouts
from janus_platform.inference.provider import Endpoint, Provider

JSON = {"content-type": "application/json"}

ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with HttpCompetitor(scripts.completion()) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "k"), model="", timeouts=StreamTimeouts())
        async with platform_over(backend, max_body_bytes=1000) as client:
            yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", CHAT, 405), ("DELETE", "/v1/models", 405), ("GET", "/docs", 404)],
)
async def test_what_is_not_there_is_refused_in_openais_words(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


async def test_a_body_of_too_many_values_is_refused() -> None:
    async with HttpCompetitor(scripts.completion()) as provider:
        backend = Provider(Endpoint(f"{provider.url}/v1", "k"), model="", timeouts=StreamTimeouts())
        async with platform_over(backend) as client:
            answer = await client.post(CHAT, json={**ASKED, "x": [1] * 100_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_many_values")
    assert provider.requests == []


async def test_a_body_over_the_bound_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(CHAT, content=b"x" * 1001, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_over_the_bound_is_refused_without_its_length(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 500

    answer = await client.post(CHAT, content=endless(), headers=JSON)
    assert answer.status_code == 413


async def test_a_request_keeps_its_id(client: httpx.AsyncClient) -> None:
    answer = await client.post(CHAT, json=ASKED, headers={"x-request-id": "req_mine"})
    assert answer.headers["x-request-id"] == "req_mine"


@pytest.mark.parametrize("given", [None, "", "two words", "x" * 200])
async def test_a_request_without_a_good_id_gets_one(client: httpx.AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {"x-request-id": given}
    answer = await client.post(CHAT, json=ASKED, headers=headers)
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_metrics_are_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "janus_inference_calls_total" in answer.text
