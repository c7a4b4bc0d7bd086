"""The shim as it is run: a process with its environment, and what it says when that is wrong."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from pydantic import ValidationError
from support.answers import ask
from support.stack import free_port

import janus_mesh as mesh
from janus_shim.settings import Settings


@asynccontextmanager
async def shim_process(**environment: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "janus_shim", env={**os.environ, **environment}, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_serves_answers_and_metrics_and_ends_on_sigterm(competitor):
    port, metrics_port = free_port(), free_port()
    environment = {
        "JANUS_SHIM_TARGET": competitor.url,
        "JANUS_SHIM_PORT": str(port),
        "JANUS_SHIM_METRICS_PORT": str(metrics_port),
    }
    async with shim_process(**environment) as process, asyncio.timeout(30):
        assert process.stderr is not None
        while b"listening" not in await process.stderr.readline():
            pass
        async with mesh.dial(f"127.0.0.1:{port}") as peer, peer.chat(ask()) as exchange:
            assert "Hello" in [event.content async for event in exchange]
        reader, writer = await asyncio.open_connection("127.0.0.1", metrics_port)
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert b"janus_shim_container_healthy" in await reader.read()
        writer.close()
        await writer.wait_closed()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_taken_port_is_said_in_one_line():
    async with (
        mesh.Server() as other,
        shim_process(JANUS_SHIM_PORT=str(other.port), JANUS_SHIM_METRICS_PORT="0") as process,
    ):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{other.port}".encode() in errors


async def test_a_bad_variable_is_named():
    async with shim_process(JANUS_SHIM_TARGET="ftp://x") as process:
        _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.startswith(b"JANUS_SHIM_TARGET: ")


@pytest.mark.parametrize("origin", ["ftp://x", "nonsense", "http://u:p@h"])
def test_artifact_origins_are_checked(origin):
    with pytest.raises(ValidationError, match="shim_artifact_origins"):
        Settings(shim_artifact_origins=origin)


def test_artifact_origins_are_a_list_with_commas(monkeypatch):
    monkeypatch.setenv("JANUS_SHIM_ARTIFACT_ORIGINS", "http://a.test:8787/x, https://b.test ,")
    assert Settings().shim_artifact_origins == ("http://a.test:8787/x/", "https://b.test/v1/artifacts/")


async def test_reflection_names_the_services(shim):
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    async with grpc.aio.insecure_channel(shim.server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        async for response in call:
            names = {service.name for service in response.list_services_response.service}
    assert {
        "janus.chat.v1.ChatService",
        "janus.artifact.v1.ArtifactService",
        "grpc.health.v1.Health",
    } <= names
