"""A server that is told to stop ends within its drain, whatever its clients do."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send
from support.stack import free_port

import janus_mesh as mesh

DRAIN = 0.5
# For the server to look whether it should stop, and for this machine to be busy with other things.
SLACK = 1.0
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNK = b"a" * 1_000_000


@dataclass
class Served:
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]
    clients: list[socket.socket] = field(default_factory=list)

    async def client(self, sent: bytes) -> socket.socket:
        """A client that has sent something and does not read."""
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", self.port))
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        self.clients.append(client)
        client.sendall(sent)
        return client

    async def stopped_after(self) -> float:
        began = time.monotonic()
        self.stop.set()
        await asyncio.wait_for(self.task, 20)
        return time.monotonic() - began


@asynccontextmanager
async def served(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> AsyncIterator[Served]:
    port, stop = free_port(), asyncio.Event()
    task = asyncio.create_task(mesh.serve_http(app, "127.0.0.1", port, stop, drain_seconds=DRAIN))
    server = Served(port, stop, task)
    try:
        yield server
    finally:
        stop.set()
        await task
        for client in server.clients:
            client.close()


class App:
    """Answers `/` at once; `/flood` without end; reads the body of all else before it answers."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.answered = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.began.set()
        if scope["path"] != "/":
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while scope["path"] == "/flood":
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": CHUNK})
        self.answered.set()


HANDS_FULL = {
    "does not read an endless response": b"GET /flood HTTP/1.1\r\nhost: x\r\n\r\n",
    "does not send its body": b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n",
    "does not end its chunks": b"POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n",
    "does not read a response that ended": GET * 20,
    "sent thousands of requests": GET * 20_000,
}


@pytest.mark.parametrize("sent", HANDS_FULL.values(), ids=HANDS_FULL.keys())
async def test_a_client_cannot_make_the_drain_longer(sent: bytes) -> None:
    app = App()
    async with served(app) as server:
        await server.client(sent)
        await app.began.wait()
        assert await server.stopped_after() < DRAIN + SLACK


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"nonsense\r\n\r\n"], ids=["silent", "half", "refused"])
async def test_a_client_without_a_request_does_not_make_the_drain_wait(sent: bytes) -> None:
    async with served(App()) as server:
        await server.client(GET + sent)
        await server.client(sent)
        await asyncio.sleep(0.1)
        assert await server.stopped_after() < DRAIN


async def test_a_response_that_ends_in_time_is_whole_and_closes_the_connection() -> None:
    released = asyncio.Event()
    app = App()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            app.began.set()
            await released.wait()
            await app(scope, receive, send)

    async with served(slow) as server:
        reader, writer = await asyncio.open_connection(sock=await server.client(GET + GET))
        await app.began.wait()
        server.stop.set()
        while True:  # until it takes no more connections
            try:
                with socket.create_connection(("127.0.0.1", server.port)):
                    await asyncio.sleep(0.01)
            except ConnectionError:
                break
        released.set()
        said = await reader.read()
        assert b"connection: close" in said
        assert (said.count(b"HTTP/1.1 200"), said.count(b"a") >= len(CHUNK)) == (1, True)
        await server.task
        writer.close()
