"""The mock competitor: an OpenAI server whose every answer follows a script found in its prompt.

    python -m janus_bench.mesh.mock        serves on a free loopback port and prints its number

It is lean, so that what is measured is the gateway before it. Beside `/v1/chat/completions` and
`/health` it tells what it saw: `GET /bench/answers` names the answers under way,
`DELETE /bench/answers` breaks them off, and `DELETE /bench/cancellations` hands over which
unfinished answers lost their client, and when.
"""

import asyncio
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

import httptools
import orjson
import uvloop

from . import wire
from .answer import Answer
from .load import LOOPBACK
from .script import find


@dataclass(slots=True)
class State:
    """What is under way, and which unfinished answers lost their client (script id -> monotonic s)."""

    answering: "set[MockCompetitor]" = field(default_factory=set)
    cancelled: dict[str, float] = field(default_factory=dict)


class MockCompetitor(asyncio.Protocol):
    """One client connection, kept alive between requests."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._answer: Answer | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._target = b""
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape, not by class

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def eof_received(self) -> bool:
        self._left()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._left()

    def pause_writing(self) -> None:
        if self._answer is not None:
            self._answer.pause()

    def resume_writing(self) -> None:
        if self._answer is not None:
            self._answer.resume()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        target, body = self._target, bytes(self._body)
        self._target = b""
        self._body.clear()
        method = self._parser.get_method()
        if method == b"POST" and target.endswith(b"/chat/completions"):
            self._chat(body)
        else:
            self._transport.write(self._told(method + b" " + target))

    def _chat(self, body: bytes) -> None:
        try:
            script = find(body.decode())
            request = orjson.loads(body)
        except ValueError as error:
            self._refuse(str(error))
            return
        if script is None:
            self._refuse("the prompt holds no script")
            return
        options = request.get("stream_options") or {}
        self._state.answering.add(self)
        self._answer = Answer(
            script,
            self._transport,
            self._completed,
            stream=bool(request.get("stream")),
            usage=bool(options.get("include_usage")),
        )
        self._answer.start()

    def _told(self, what: bytes) -> bytes:
        state = self._state
        if what == b"GET /health":
            return wire.response(b"200 OK", b'{"status":"ok","version":"bench"}')
        if what == b"GET /v1/models":
            return wire.response(b"200 OK", b'{"object":"list","data":[{"id":"bench","object":"model"}]}')
        if what == b"GET /bench/answers":
            return wire.response(b"200 OK", orjson.dumps(self._answering()))
        if what == b"DELETE /bench/answers":
            return wire.response(b"200 OK", orjson.dumps(self._break_off()))
        if what == b"DELETE /bench/cancellations":
            seen, state.cancelled = state.cancelled, {}
            return wire.response(b"200 OK", orjson.dumps(seen))
        return wire.response(b"404 Not Found", b'{"error":{"message":"no such path"}}')

    def _refuse(self, why: str) -> None:
        body = orjson.dumps({"error": {"message": why, "type": "invalid_request_error"}})
        self._transport.write(wire.response(b"400 Bad Request", body))

    def _answering(self) -> list[str]:
        """The script ids of the answers under way."""
        return [connection.script_id for connection in self._state.answering]

    def _break_off(self) -> list[str]:
        """Ends every answer under way; returns their script ids."""
        ended = self._answering()
        for connection in list(self._state.answering):
            connection.drop()
        return ended

    @property
    def script_id(self) -> str:
        return self._answer.script.id if self._answer is not None else ""

    def drop(self) -> None:
        """Ends its answer, if there is one, and its connection."""
        if self._answer is not None:
            self._answer.stop()
        self._completed()
        self._transport.abort()

    def _completed(self) -> None:
        self._answer = None
        self._state.answering.discard(self)

    def _left(self) -> None:
        """Notes that the client went away, if it was still being answered."""
        if self._answer is None:
            return
        self._state.cancelled[self._answer.script.id] = time.monotonic()
        self.drop()


async def listen() -> asyncio.Server:
    """A mock competitor on a free loopback port of this event loop."""
    state = State()
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: MockCompetitor(state), LOOPBACK, 0, backlog=4096)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _serve() -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    server = await listen()
    sys.stdout.write(f"{port_of(server)}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve())
