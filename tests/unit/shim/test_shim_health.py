"""A container's `GET /health`, as gRPC health of its competitor id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.http_competitor import JSON, HttpCompetitor, Reply

from janus_mesh.health_detail import detail_of

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
        *(
            scripts.answer(200, body)
            for body in (
                b'{"status": "ok", "version": "2"}',
                b'{"status": "OK"}',
                b'{"status": "healthy"}',
                b'{"status": "UP"}',
                b'{"status": "degraded"}',
                b'{"status": true}',
                b'{"status": 200}',
                b'{"status": null}',
                b'{"status": {"model": "ready"}}',
                b'{"error": "none"}',
                b"{}",
                b"[]",
                b'{"status": "error"',
                b"\xff\xfe",
            )
        ),
        scripts.answer(200, b"", ()),
        scripts.answer(200, b"fine", [("content-type", "text/plain")]),
        scripts.answer(201, b"{}"),
        scripts.answer(204, b"", ()),
        scripts.answer(200, b"x" * 100_000),
    ],
)
async def test_any_2xx_is_healthy(health, competitor, serve):
    assert await state_after(competitor, serve, health) == SERVING


@pytest.mark.parametrize(
    "health",
    [
        *(
            scripts.answer(200, body)
            for body in (
                b'{"status": "loading"}',
                b'{"status": "error"}',
                b'{"status": "Unhealthy"}',
                b'{"status": "NOT_READY"}',
                b'{"status": "out of service"}',
                b'{"status": "starting", "version": "1"}',
                b'{"status": false}',
                b'{"status": 503}',
            )
        ),
        scripts.answer(503, b'{"status": "ok"}'),
        scripts.answer(401),
        scripts.answer(302, b"", [("location", "/ok")]),
        scripts.close_before_head,
        scripts.bytes_only(b"nonsense\r\n\r\n"),
    ],
)
async def test_another_status_or_a_2xx_that_says_it_is_down_is_not(health, competitor, serve):
    assert await state_after(competitor, serve, health) == NOT_SERVING


async def detail_after(competitor, serve, health) -> str:
    """What the shim says to operators once the container was asked for its health."""
    competitor.health = health
    async with (
        serve(competitor.url, shim_competitor_id="c", shim_health_seconds=QUICK) as shim,
        asyncio.timeout(5),
    ):
        while (detail := await detail_now(shim)) == "it was not checked yet":
            await asyncio.sleep(QUICK)
        return detail


@pytest.mark.parametrize(
    ("health", "detail"),
    [
        (scripts.answer(200, b'{"status": "loading"}'), "GET /health says status 'loading'"),
        (scripts.answer(503, b"no model"), "GET /health answered with status 503: no model"),
        (scripts.answer(404, b""), "GET /health answered with status 404"),
        (scripts.close_before_head, "the competitor closed the connection before it answered"),
        (scripts.answer(500, b"a\x1b[2J\r\n\xe2\x80\xaeb"), "GET /health answered with status 500: a [2J b"),
    ],
)
async def test_why_a_container_is_not_healthy_is_told_to_operators(competitor, serve, health, detail):
    assert await detail_after(competitor, serve, health) == detail


async def test_what_a_container_says_of_its_health_is_bounded(competitor, serve):
    health = scripts.answer(200, b'{"status": 5' + b"0" * 1_000 + b"}")
    assert len(await detail_after(competitor, serve, health)) < 200
    assert len(await detail_after(competitor, serve, scripts.answer(500, b"z" * 60_000))) < 200


async def detail_now(shim) -> str:
    call = stub(shim).Check(health_pb2.HealthCheckRequest(service="c"))
    await call
    return detail_of(await call.trailing_metadata())


async def test_a_new_reason_is_published_although_the_state_is_the_same(competitor, serve):
    competitor.health = scripts.answer(500)
    async with (
        serve(competitor.url, shim_competitor_id="c", shim_health_seconds=QUICK) as shim,
        watching(shim, "c") as states,
        asyncio.timeout(5),
    ):
        while "status 500" not in await detail_now(shim):
            assert await anext(states) == NOT_SERVING
        competitor.health = scripts.answer(401)
        while "status 401" not in await detail_now(shim):
            assert await anext(states) == NOT_SERVING


async def test_a_check_that_fails_in_an_unforeseen_way_ends_no_other(competitor, serve):
    """A host name that the resolver's codec cannot encode raises an error of neither network nor HTTP."""
    async with (
        serve("http://" + "a" * 64 + ".test", shim_competitor_id="c", shim_health_seconds=QUICK) as shim,
        asyncio.timeout(5),
    ):
        while "cannot be resolved" not in await detail_now(shim):
            await asyncio.sleep(QUICK)


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
    assert line["reason"] == "GET /health says status 'loading'"
