"""Health checks: a reason or none, never an exception."""

import asyncio

import pytest

import janus_mesh as mesh
from janus_cli.health import HealthChecks
from janus_cli.services import GrpcProbe, HttpProbe, free_port


@pytest.fixture
async def checks():
    async with HealthChecks(timeout=0.2) as checks:
        yield checks


async def answering(answer, *, then_close=True):
    async def serve(reader, writer):
        await reader.readline()
        writer.write(answer)
        if not then_close:
            await reader.read()  # until the caller gives up
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, "{}:{}".format(*server.sockets[0].getsockname())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", ""),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nno\ncompetitor", "HTTP 503 no competitor"),
        (b"\x15\x03\x01", "does not speak HTTP"),
        (b"", "does not speak HTTP"),
    ],
)
async def test_http_is_healthy_when_it_says_200(checks, answer, reason):
    server, target = await answering(answer)
    async with server:
        said = await checks.check(HttpProbe(target, "/health"))
    assert said.endswith(reason) if reason else said == ""


async def test_a_server_that_does_not_answer_is_given_up(checks):
    server, target = await answering(b"", then_close=False)
    async with server:
        assert await checks.check(HttpProbe(target, "/")) == f"no answer from {target} within 0.2 s"


async def test_grpc_is_healthy_when_it_says_serving(checks):
    async with mesh.Server(drain_seconds=0.1) as server:
        probe = GrpcProbe(server.address)
        assert await checks.check(probe) == ""
        await server.set_health("", False)
        assert await checks.check(probe) == "NOT_SERVING"


@pytest.mark.parametrize("kind", [GrpcProbe, lambda target: HttpProbe(target, "/")])
async def test_an_address_without_listener_is_named(checks, kind):
    target = f"127.0.0.1:{free_port('127.0.0.1')}"
    assert await checks.check(kind(target)) == f"nothing listens on {target}"


async def test_a_grpc_service_that_comes_up_later_is_found(checks):
    port = free_port("127.0.0.1")
    probe = GrpcProbe(f"127.0.0.1:{port}")
    assert await checks.check(probe)
    async with mesh.Server(port=port, drain_seconds=0.1), asyncio.timeout(5):
        while await checks.check(probe):
            continue
