"""The router as a process: how it starts, what it serves, how it ends."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from support.answers import ask
from support.scripted_competitor import closed_port, holding

import janus_mesh as mesh
from janus_mesh.errors import Unavailable
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc


async def start(file, **environment: str) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JANUS_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "janus_router",
        env={**inherited, "JANUS_COMPETITORS": str(file), "JANUS_ROUTER_METRICS_PORT": "0", **environment},
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def process(file, **environment: str):
    """A router process that is ready, and a client of it."""
    port = closed_port()
    router = await start(file, JANUS_ROUTER_PORT=str(port), **environment)
    try:
        async for line in router.stderr:
            if b'"listening"' in line:
                break
        async with mesh.dial(f"127.0.0.1:{port}") as peer:
            yield router, peer
    finally:
        if router.returncode is None:
            router.kill()
        await router.communicate()


async def test_a_file_that_cannot_be_used_ends_the_start_with_line_and_reason(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_text("competitors:\n  - id: a\n    url: nowhere\n")

    router = await start(file)
    _, errors = await router.communicate()

    assert router.returncode == 1
    assert f"{file}:3: competitors[0].url: must begin with http://" in errors.decode()
    assert b"Traceback" not in errors


async def test_a_missing_file_ends_the_start(tmp_path):
    router = await start(tmp_path / "nowhere.yaml")
    _, errors = await router.communicate()

    assert router.returncode == 1
    assert b"nowhere.yaml:0: cannot be read: No such file" in errors


async def test_a_bad_setting_ends_the_start_naming_the_variable(tmp_path):
    router = await start(tmp_path / "any.yaml", JANUS_ROUTER_POLICY="round_robin")
    _, errors = await router.communicate()

    assert router.returncode == 2
    assert b"JANUS_ROUTER_POLICY" in errors


async def test_reflection_lists_every_service(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_text("competitors: []\n")
    async with process(file) as (_, peer):
        stub = peer.stub(reflection_pb2_grpc.ServerReflectionStub)
        call = stub.ServerReflectionInfo()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        reply = await call.read()
        call.cancel()

    listed = {service.name for service in reply.list_services_response.service}
    assert listed >= {
        "janus.chat.v1.ChatService",
        "janus.router.v1.RouterService",
        "janus.artifact.v1.ArtifactService",
        "grpc.health.v1.Health",
    }


async def test_metrics_tell_the_state_of_each_competitor(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_text(f"competitors: [{{id: a, url: 'grpc://127.0.0.1:{closed_port()}'}}]\n")
    port = closed_port()
    async with process(file, JANUS_ROUTER_METRICS_PORT=str(port)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        page = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()

    assert 'janus_router_live{competitor="a"} 0.0' in page
    assert 'janus_router_competitor_state{competitor="a",state="' in page


async def test_a_signal_refuses_what_is_new_and_lets_live_exchanges_finish(tmp_path, house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release, "so "))
    file = tmp_path / "competitors.yaml"
    file.write_text(f"competitors: [{{id: a, url: '{competitor.url}'}}]\n")
    async with process(file, JANUS_DRAIN_SECONDS="20") as (router, peer):
        watch = peer.stub(health_pb2_grpc.HealthStub).Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        async with peer.chat(ask("a")) as exchange:
            await competitor.next_answer()
            router.send_signal(signal.SIGTERM)
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            watch.cancel()

            with pytest.raises(Unavailable):
                async with peer.chat(ask("a")) as refused:
                    [event async for event in refused]
            release.set()
            words = [event.content async for event in exchange]

        assert "".join(words) == "so done"
        async with asyncio.timeout(5):
            assert await router.wait() == 0


async def test_the_end_of_the_drain_time_ends_what_still_runs(tmp_path, house):
    competitor = await house.competitor(holding(asyncio.Event()))
    file = tmp_path / "competitors.yaml"
    file.write_text(f"competitors: [{{id: a, url: '{competitor.url}'}}]\n")
    async with process(file, JANUS_DRAIN_SECONDS="0.2") as (router, peer):
        asked = asyncio.create_task(_ask(peer))
        witness = await competitor.next_answer()

        router.send_signal(signal.SIGTERM)

        with pytest.raises(Unavailable):
            await asked
        await witness.cancelled.wait()
        async with asyncio.timeout(5):
            assert await router.wait() == 0


async def _ask(peer: mesh.Peer) -> None:
    async with peer.chat(ask("a")) as exchange:
        [event async for event in exchange]


async def test_watchers_do_not_hold_the_stop_up(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_text("competitors: []\n")
    async with process(file, JANUS_DRAIN_SECONDS="20") as (router, peer):
        watch = peer.stub(router_pb2_grpc.RouterServiceStub).WatchCompetitors(
            router_pb2.WatchCompetitorsRequest()
        )
        await watch.read()

        router.send_signal(signal.SIGTERM)

        assert await watch.read() is grpc.aio.EOF
        async with asyncio.timeout(5):
            assert await router.wait() == 0
