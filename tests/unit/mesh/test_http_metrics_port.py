"""The metrics port of services that speak gRPC: the page, and the borders of every HTTP service."""

import asyncio

import httpx
import pytest
from support.raw_http import read_answer
from support.stack import free_port

from janus_mesh import metrics


@pytest.fixture(scope="module")
def port() -> int:
    port = free_port()
    metrics.serve(port)
    return port


async def get(port: int, path: str = "/metrics", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)


async def test_the_page_is_served(port: int) -> None:
    answer = await get(port)
    assert (answer.status_code, "janus_tasks" in answer.text) == (200, True)
    assert answer.headers["content-type"].startswith("text/plain; version=")


async def test_another_path_is_not_found(port: int) -> None:
    assert (await get(port, "/other")).status_code == 404


async def test_a_rebound_name_is_refused(port: int) -> None:
    assert (await get(port, host="rebound.example")).status_code == 403


async def test_a_head_is_bounded(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 100_000)
    assert (await read_answer(reader)).status == 431
    writer.close()


def test_a_port_that_is_taken_is_said_at_once(port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        metrics.serve(port)
