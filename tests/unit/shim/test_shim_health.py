"""A container's `GET /health`, as gRPC health of its competitor id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.http_competitor import JSON, HttpCompetitor, Reply

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
QUICK = 0.02


def stub(shim):
    return shim.peer.stub(health_pb2_grpc.HealthStub)


@asynccontextmanager
async def watching(shim, service: str) -> AsyncIterator[AsyncIterator[int]]:
    """The states of a service, each as it is published."""
    call = stub(shim).Watch(health_pb2.HealthCheckRequest(service=service))

    async def states() -> AsyncIterator[int]:
        async for response in call:
            yield response.status

    yield states()
    call.cancel()


async def until(states: AsyncIterator[int], wanted: int) -> None:
    async with asyncio.timeout(5):
        async for state in states:
            if state == wanted:
                return


async def state_after(competitor, serve, health) -> int:
    """What is published once the container was asked for its health."""
    looks = asyncio.Semaphore(0)

    async def counted(reply: Reply) -> None:
        looks.release()
        await health(reply)

    competitor.health = counted
    async with serve(competitor.url, shim_competitor_id="c", shim_health_seconds=QUICK) as shim:
        async with asyncio.timeout(5):
            for _ in range(3):  # by the third look, what the first found is published
                await looks.acquire()
        return (await stub(shim).Check(health_pb2.HealthCheckRequest(service="c"))).status


@pytest.mark.parametrize(
    "health",
    [
        scripts.answer(200, b'{"status": "ok", "version": "2"}'),
        scripts.answer(200, b'{"status": "OK"}'),
        scripts.answer(200, b"{}"),
        scripts.answer(200, b"", ()),
        scripts.answer(200, b"fine", [("content-type", "text/plain")]),
    ],
)
async def test_200_is_healthy(health, competitor, serve):
    assert await state_after(competitor, serve, health) == SERVING


@pytest.mark.parametrize(
    "health",
    [
        scripts.answer(200, b'{"status": "loading"}'),
        scripts.answer(503, b'{"status": "ok"}'),
        scripts.answer(302, b"", [("location", "/ok")]),
        scripts.answer(200, b"x" * 100_000),
        scripts.close_before_head,
        scripts.bytes_only(b"nonsense\r\n\r\n"),
    ],
)
async def test_anything_else_is_not(health, competitor, serve):
    assert await state_after(competitor, serve, health) == NOT_SERVING


async def test_a_change_of_health_is_published(competitor, serve):
    async with (
        serve(competitor.url, shim_competitor_id="c", shim_health_seconds=QUICK) as shim,
        watching(shim, "c") as states,
    ):
        await until(states, SERVING)
        competitor.health = scripts.answer(200, b'{"status": "draining"}', JSON)
        await until(states, NOT_SERVING)
        competitor.health = scripts.answer(200, b'{"status": "ok"}', JSON)
        await until(states, SERVING)


async def test_a_container_that_starts_late_is_seen_well_before_the_interval(serve):
    async with HttpCompetitor(scripts.tokens("a")) as absent:
        port = absent.port
    async with (
        serve(f"http://127.0.0.1:{port}", shim_competitor_id="c", shim_health_seconds=60) as shim,
        watching(shim, "c") as states,
    ):
        await until(states, NOT_SERVING)
        async with HttpCompetitor(scripts.tokens("a"), port=port):
            await until(states, SERVING)


async def test_a_side_car_is_as_well_as_its_container(competitor, serve):
    async with serve(competitor.url, shim_health_seconds=QUICK) as shim, watching(shim, "") as states:
        await until(states, SERVING)
        competitor.health = scripts.answer(500)
        await until(states, NOT_SERVING)


async def test_a_shim_of_many_is_well_whatever_its_containers_are(serve, tmp_path):
    registry = tmp_path / "competitors.yaml"
    registry.write_text("competitors: [{id: gone, url: 'http://127.0.0.1:1'}]")
    async with serve(competitors=registry, shim_health_seconds=QUICK) as shim:
        async with watching(shim, "gone") as states:
            await until(states, NOT_SERVING)
        assert (await stub(shim).Check(health_pb2.HealthCheckRequest(service=""))).status == SERVING


async def test_what_is_wrong_and_the_version_are_logged_once_per_change(competitor, serve):
    competitor.health = scripts.answer(200, b'{"status": "loading"}')
    with capture_logs() as logged:
        await state_after(competitor, serve, competitor.health)
    (line,) = [line for line in logged if "healthy" in line]
    assert line["reason"] == "GET /health says 'loading'"
