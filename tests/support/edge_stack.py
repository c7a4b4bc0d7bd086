"""The real edge under a real HTTP server, in front of a router whose every word the test decides.

async with running_edge() as edge:
    edge.router.answer = some_answer
    response = await edge.client.post("/v1/chat/completions", json=chat())
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
from fastapi import FastAPI
from support.answers import ChatEvent, say
from support.given_settings import as_given
from support.http_service import serving

import janus_mesh as mesh
from janus_edge.app import create_app
from janus_edge.settings import EdgeSettings
from janus_proto._gen.janus.artifact.v1 import artifact_pb2, artifact_pb2_grpc
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

# How long a test waits for what must come at once.
SOON = 5.0
_PART_BYTES = 64 * 1024


def chat(text: str = "hello", **fields: Any) -> dict[str, Any]:
    """The body of a chat request with one user message."""
    return {"model": "m", "messages": [{"role": "user", "content": text}], **fields}


def route(competitor_id: str = "alpha", attempt: int = 1) -> event_pb2.ChatEvent:
    """The event by which the router says whom it chose."""
    payload = {"competitor_id": competitor_id, "attempt": attempt, "reason": "model", "model": "m"}
    return ChatEvent(janus=event_pb2.JanusEvent(event="route", payload_json=json.dumps(payload)))


@dataclass
class StoredArtifact:
    """What the scripted router has to give for one address."""

    data: bytes
    mime_type: str = ""
    announces_size: bool = True
    supports_ranges: bool = True
    fails_after: int | None = None  # bytes given before the source breaks off


class ScriptedRouter(router_pb2_grpc.RouterServiceServicer, artifact_pb2_grpc.ArtifactServiceServicer):
    """Answers chats, lists competitors and serves artifacts as the test has set them."""

    def __init__(self) -> None:
        self.answer: mesh.Answer = say
        self.registry = router_pb2.ListCompetitorsResponse()
        self.artifacts: dict[tuple[str, str], StoredArtifact] = {}
        self.fetches: list[artifact_pb2.FetchArtifactRequest] = []
        self.fetch_cancelled = asyncio.Event()
        self.metadata: dict[str, str] = {}

    async def converse(self, exchange: mesh.Exchange) -> None:
        await self.answer(exchange)

    async def ListCompetitors(
        self, request: router_pb2.ListCompetitorsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> router_pb2.ListCompetitorsResponse:
        self.metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        return self.registry

    async def FetchArtifact(
        self, request: artifact_pb2.FetchArtifactRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[artifact_pb2.FetchArtifactResponse]:
        self.fetches.append(request)
        stored = self.artifacts.get((request.competitor_id, request.url))
        if stored is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such artifact")
        offset = request.offset if stored.supports_ranges else 0
        end = offset + request.length if request.length and stored.supports_ranges else len(stored.data)
        head = artifact_pb2.ArtifactHead(
            mime_type=stored.mime_type,
            total_bytes=len(stored.data) if stored.announces_size else 0,
            offset=offset,
        )
        yield artifact_pb2.FetchArtifactResponse(head=head)
        try:
            given = 0
            for start in range(offset, end, _PART_BYTES):
                if stored.fails_after is not None and given >= stored.fails_after:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "the source went away")
                part = stored.data[start : min(end, start + _PART_BYTES)]
                yield artifact_pb2.FetchArtifactResponse(data=part)
                given += len(part)
        except (asyncio.CancelledError, GeneratorExit):
            self.fetch_cancelled.set()
            raise


@dataclass
class EdgeStack:
    """A running edge and how to reach it."""

    app: FastAPI
    router: ScriptedRouter
    router_server: mesh.Server
    client: httpx.AsyncClient
    port: int

    async def stop_router(self) -> None:
        """Makes the router unreachable."""
        await self.router_server.__aexit__(None, None, None)

    async def chat(self, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Asks, and reads the whole answer."""
        return await self.client.post("/v1/chat/completions", json=chat(**fields), headers=headers)

    async def stream(self, **fields: Any) -> "SseAnswer":
        """Asks for a stream, and reads all of it."""
        response = await self.chat(stream=True, **fields)
        return SseAnswer(response, response.text)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["RawConnection"]:
        """A bare socket to the edge."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield RawConnection(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@dataclass
class SseAnswer:
    """A stream that was read to its end."""

    response: httpx.Response
    text: str

    @property
    def data(self) -> list[str]:
        return [line.removeprefix("data: ") for line in self.text.split("\n") if line.startswith("data: ")]

    @property
    def chunks(self) -> list[dict[str, Any]]:
        return [json.loads(data) for data in self.data if data != "[DONE]"]

    @property
    def pings(self) -> int:
        return self.text.count(": ping\n\n")

    @property
    def done(self) -> bool:
        return self.data[-1:] == ["[DONE]"]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [choice["delta"] for chunk in self.chunks for choice in chunk.get("choices", ())]

    @property
    def content(self) -> str:
        return "".join(delta.get("content", "") for delta in self.deltas)


@dataclass
class RawConnection:
    """For what no HTTP client would do."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def post_chat(self, **fields: Any) -> None:
        """Sends a whole chat request and reads nothing."""
        await self.send_head(body := json.dumps(chat(**fields)).encode())
        await self.send(body)

    async def send_head(self, body: bytes) -> None:
        await self.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body)
        )

    async def read_until(self, mark: bytes) -> bytes:
        async with asyncio.timeout(SOON):
            return await self.reader.readuntil(mark)

    async def read_rest(self) -> bytes:
        """What comes until the edge closes."""
        async with asyncio.timeout(SOON):
            return await self.reader.read()

    def close(self) -> None:
        """Leaves politely, with a FIN."""
        self.writer.close()

    def abort(self) -> None:
        """Leaves at once, with a reset."""
        linger_zero = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        self.writer.transport.abort()


def router_server(router: ScriptedRouter) -> mesh.Server:
    """A server of the mesh, to be entered, on which this router answers."""
    server = mesh.Server(drain_seconds=0.1)
    server.serve_chat(router.converse)
    server.add(router_pb2_grpc.add_RouterServiceServicer_to_server, router, "janus.router.v1.RouterService")
    server.add(
        artifact_pb2_grpc.add_ArtifactServiceServicer_to_server, router, "janus.artifact.v1.ArtifactService"
    )
    return server


@asynccontextmanager
async def running_edge(*, competition: str = "", **settings: Any) -> AsyncIterator[EdgeStack]:
    """An edge with these settings, its router and a client, for as long as the block lasts.

    `competition` is the address of a competition service.
    """
    router = ScriptedRouter()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(router_server(router))
        peer = await stack.enter_async_context(mesh.dial(server.address))
        contest = await stack.enter_async_context(mesh.dial(competition)) if competition else None
        app = create_app(as_given(EdgeSettings)(**{"artifact_key": "k" * 32, **settings}), peer, contest)
        stack.push_async_callback(app.parser.close)
        async with serving_http(app) as port, http_client(port) as client:
            yield EdgeStack(app, router, server, client, port)


def http_client(port: int) -> httpx.AsyncClient:
    """A client of the edge on this port."""
    # No certificates to load: that takes longer than most tests.
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SOON, verify=False)


@asynccontextmanager
async def serving_http(app: Any) -> AsyncIterator[int]:
    """Serves an ASGI app as the services do, on a free port; yields the port."""
    async with serving(app) as url:
        yield int(url.rpartition(":")[2])


def metric(text: str, name: str, **labels: str) -> float:
    """One value of a Prometheus page; 0 when it has none yet."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for line in text.splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if match and match[1] == name and wanted <= set((match[2] or "").split(",")):
            return float(match[3])
    return 0.0


def scripted(*events: event_pb2.ChatEvent) -> mesh.Answer:
    """An answer of exactly these events."""

    async def answer(exchange: mesh.Exchange) -> None:
        for event in events:
            await exchange.send(event)

    return answer
