r"""A client that sends the very bytes that a test wants, to a server that shows what it understood.

async with raw_server() as server:
    answer = await server.ask(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
from starlette.types import Message, Receive, Scope, Send
from support.http_service import serving

from janus_mesh.http_server import HttpLimits

SOON = 5.0


@dataclass
class Answer:
    """One response as it came."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool  # whether the server ended the connection after it

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


class Mirror:
    """An application that answers with what it received; of some paths it waits for the test."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.began = asyncio.Event()
        self.gone = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.paths.append(scope["path"])
        self.began.set()
        if scope["path"] == "/wait":
            await self._wait(receive)
            await _answer(send, 200, {"path": "/wait"})
            return
        if scope["path"] == "/early":
            await _answer(send, 413, {})
            return
        if scope["path"] == "/stream":
            await _stream(send)
            return
        body = await _body(receive)
        shown = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "version": scope["http_version"],
            "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
            "body": body.decode("latin-1"),
        }
        await _answer(send, 200, shown)

    async def _wait(self, receive: Receive) -> None:
        releasing = asyncio.create_task(self.release.wait())
        leaving = asyncio.create_task(_left(receive))
        await asyncio.wait([releasing, leaving], return_when=asyncio.FIRST_COMPLETED)
        if leaving.done():
            self.gone.set()
        for task in (releasing, leaving):
            task.cancel()


@dataclass
class RawServer:
    """The mirror behind the protocol, and how to reach it."""

    port: int
    mirror: Mirror
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def ask(self, *sent: bytes, method: str = "GET") -> Answer:
        """Sends the parts, each after the one before was written, and reads one response."""
        reader, writer = await self.connect()
        for part in sent:
            writer.write(part)
            await writer.drain()
        return await read_answer(reader, method=method)


@asynccontextmanager
async def raw_server(limits: HttpLimits | None = None) -> AsyncIterator[RawServer]:
    mirror = Mirror()
    async with serving(mirror, limits) as url:
        server = RawServer(int(url.rpartition(":")[2]), mirror)
        try:
            yield server
        finally:
            for writer in server.writers:
                writer.close()


async def read_answer(reader: asyncio.StreamReader, *, method: str = "GET") -> Answer:
    """The next response, and whether the server ends the connection after it when it says so."""
    (answer,) = await read_answers(reader, 1, method=method)
    return answer


async def read_answers(reader: asyncio.StreamReader, count: int, *, method: str = "GET") -> list[Answer]:
    """As many responses, of requests that were sent one after another."""
    answers: list[Answer] = []
    connection = h11.Connection(h11.CLIENT)
    async with asyncio.timeout(SOON):
        left = b""
        while len(answers) < count:
            answer, left = await _one(connection, reader, method, left)
            answers.append(answer)
            connection = h11.Connection(h11.CLIENT)
        if answers[-1].headers.get("connection") == "close":
            answers[-1].closed = await reader.read() == b""
    return answers


async def _one(
    connection: h11.Connection, reader: asyncio.StreamReader, method: str, left: bytes
) -> tuple[Answer, bytes]:
    # What the client side of h11 must have sent to read a response.
    connection.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    if left:
        connection.receive_data(left)
    response: h11.Response | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert response is not None
            headers = {name.decode(): value.decode() for name, value in response.headers}
            return Answer(response.status_code, headers, bytes(body), False), connection.trailing_data[0]
        else:
            raise AssertionError(event)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _answer(send: Send, status: int, content: Any) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _stream(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    parts: list[Message] = [
        {"type": "http.response.body", "body": part, "more_body": True} for part in (b"one ", b"two")
    ]
    for part in parts:
        await send(part)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
