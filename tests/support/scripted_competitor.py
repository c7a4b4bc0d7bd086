"""A native competitor on a port of its own: a real server whose answers a test scripts and witnesses."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

import janus_mesh as mesh
from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2, request_pb2

from .answers import ChatEvent, Witness, say

Script = Callable[[mesh.Exchange, Witness], Awaitable[None]]


def saying(*words: str) -> Script:
    """Answers with these words and finishes."""

    async def script(exchange: mesh.Exchange, _: Witness) -> None:
        await say(exchange, *words)

    return script


def failing(error: JanusError) -> Script:
    """Fails before its first event."""

    async def script(*_: object) -> None:
        raise error

    return script


def failing_after(error: JanusError, *words: str) -> Script:
    """Says these words, then fails."""

    async def script(exchange: mesh.Exchange, witness: Witness) -> None:
        for word in words:
            await witness.send(exchange, ChatEvent(content=word))
        raise error

    return script


def holding(release: asyncio.Event, *words: str) -> Script:
    """Says these words, waits for `release`, then answers "done"."""

    async def script(exchange: mesh.Exchange, witness: Witness) -> None:
        for word in words:
            await witness.send(exchange, ChatEvent(content=word))
        await release.wait()
        await say(exchange, "done")

    return script


def replaying(*events: event_pb2.ChatEvent) -> Script:
    """Sends these very events."""

    async def script(exchange: mesh.Exchange, witness: Witness) -> None:
        for event in events:
            await witness.send(exchange, event)

    return script


class ScriptedCompetitor:
    """Serves from `async with` on; `script` may be changed at any time, `stop` and `start` restart it."""

    def __init__(self, script: Script | None = None, tls: tuple[Path, Path] | None = None) -> None:
        self.script = script or saying("hello")
        self._tls = tls  # certificate and key; another port then takes TLS connections
        self.requests: list[request_pb2.ChatRequest] = []
        self.port = 0
        self._witnesses: asyncio.Queue[Witness] = asyncio.Queue()
        self._server: mesh.Server | None = None
        # Registers further services on the server before it starts.
        self.extend: Callable[[mesh.Server], None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'grpcs' if self._tls else 'grpc'}://{self.address}"

    @property
    def server(self) -> mesh.Server:
        assert self._server is not None
        return self._server

    async def next_answer(self) -> Witness:
        """The witness of the next answer that began, in order, waiting for it if need be."""
        return await self._witnesses.get()

    async def set_health(self, serving: bool, service: str = "") -> None:
        await self.server.set_health(service, serving)

    async def start(self) -> None:
        """Serves, on the same port as before if it did before."""
        self._server = mesh.Server(port=self.port, drain_seconds=0.01)
        self._server.serve_chat(self._answer)
        if self.extend is not None:
            self.extend(self._server)
        self.port = self._server.port if self._tls is None else self._secure_port(self._server)
        await self._server.__aenter__()

    def _secure_port(self, server: mesh.Server) -> int:
        certificate, key = (file.read_bytes() for file in self._tls or ())
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        port: int = server._server.add_secure_port("127.0.0.1:0", credentials)
        return port

    async def stop(self) -> None:
        """Stops at once; live answers break."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.__aexit__(None, None, None)

    async def _answer(self, exchange: mesh.Exchange) -> None:
        request = request_pb2.ChatRequest()
        request.CopyFrom(exchange.request)
        self.requests.append(request)
        witness = Witness()
        async with witness.watching():
            self._witnesses.put_nowait(witness)
            await self.script(exchange, witness)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def closed_port() -> int:
    """A port that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
