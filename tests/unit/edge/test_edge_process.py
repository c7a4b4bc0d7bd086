"""The edge as a process: how it starts, and how it ends without cutting anybody off."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from support.answers import ChatEvent, Witness, say
from support.edge_stack import ScriptedRouter, chat, http_client, router_server
from support.stack import free_port

import janus_mesh as mesh

_START_SECONDS = 30.0


@asynccontextmanager
async def edge_process(port: int, router: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m janus_edge` on this port, killed at the end if it is still there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("JANUS_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "janus_edge",
        env=clean | {"JANUS_PORT": str(port), "JANUS_ROUTER_URL": router, **variables},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def log_line(process: asyncio.subprocess.Process, text: str) -> str:
    """The first line of the log that contains `text`."""
    assert process.stderr is not None
    async with asyncio.timeout(_START_SECONDS):
        async for line in process.stderr:
            if text in line.decode():
                return line.decode()
    raise AssertionError(f"the log ended without {text!r}")


async def test_sigterm_lets_a_live_stream_end_and_takes_no_new_ones() -> None:
    witness = Witness()
    router = ScriptedRouter()
    go_on = asyncio.Event()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await exchange.send(ChatEvent(content="before"))
            await go_on.wait()
            await say(exchange, "after")

    router.answer = answer
    port = free_port()
    async with router_server(router) as server, edge_process(port, server.address) as process:
        await log_line(process, "listening")
        async with (
            http_client(port) as client,
            client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response,
        ):
            parts = response.aiter_text()
            text = await anext(parts)
            process.send_signal(signal.SIGTERM)
            await log_line(process, "stopping")
            await refuses_connections(port)
            go_on.set()
            async for part in parts:
                text += part
        assert "before" in text
        assert "after" in text
        assert text.endswith("data: [DONE]\n\n")
        assert not witness.cancelled.is_set()
        async with asyncio.timeout(_START_SECONDS):
            assert await process.wait() == 0


async def refuses_connections(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS), http_client(port) as client:
        while True:
            try:
                await client.get("/health")
            except httpx.ConnectError:
                return
            except (httpx.RemoteProtocolError, httpx.ReadError):
                # The idle connection of the last question, closed while this one was on its way.
                continue


async def test_a_stream_longer_than_the_drain_is_cut_off_visibly() -> None:
    witness = Witness()
    router = ScriptedRouter()

    async def answer(exchange: mesh.Exchange) -> None:
        async with witness.watching():
            await exchange.send(ChatEvent(content="before"))
            await asyncio.Event().wait()

    router.answer = answer
    port = free_port()
    async with (
        router_server(router) as server,
        edge_process(port, server.address, JANUS_DRAIN_SECONDS="1") as process,
    ):
        await log_line(process, "listening")
        async with (
            http_client(port) as client,
            client.stream("POST", "/v1/chat/completions", json=chat(stream=True)) as response,
        ):
            text = ""
            try:
                async for part in response.aiter_text():
                    text += part
                    if "before" in text:
                        process.send_signal(signal.SIGTERM)
            except httpx.RemoteProtocolError:
                pass
        assert "[DONE]" not in text
        async with asyncio.timeout(_START_SECONDS):
            await witness.cancelled.wait()


async def test_a_port_that_is_taken_ends_the_start_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with edge_process(port, "127.0.0.1:1") as process:
            line = await log_line(process, "cannot start")
            async with asyncio.timeout(_START_SECONDS):
                assert await process.wait() == 1
    assert str(port) in line
