"""A competitor made of scripts: an HTTP/1.1 server on an ephemeral port that can also do everything wrong.

    async with HttpCompetitor(scripts.tokens("Hel", "lo")) as competitor:   # what every chat gets,
        competitor.next_chats.append(scripts.reset_before_head)             # but the next one this
        ...                                                  # point a shim at competitor.url
        asked = await competitor.asked()                     # the next chat request, as it came in
        await asked.disconnected.wait()                      # set the moment the peer closes, in any phase
        asked.disconnected.at                                # when that was, as time.monotonic()

A script is a coroutine that is given a `Reply` and writes to it: well-formed HTTP through `head`,
`send` and `event`, anything at all through `raw`. It is cancelled when the peer leaves, as the work
of a good competitor is. Scripts that are wanted often stand in `support.competitor_scripts`.

`python -m support.http_competitor --port 9999` serves one as a process (with `tests` on the path);
each request then chooses its script by name, see `competitor_scripts.chosen`.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Self, cast

import httptools

Script = Callable[["Reply"], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

CHAT = "/v1/chat/completions"
EVENT_STREAM = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))
JSON = (("content-type", "application/json"),)
# Bytes that may wait for the peer before a script's `send` does.
_WRITE_BUFFER = 64 * 1024


class Moment(asyncio.Event):
    """An event that remembers when it was first set, as `time.monotonic()`."""

    at: float | None = None

    def set(self) -> None:
        if self.at is None:
            self.at = time.monotonic()
        super().set()


class Asked:
    """One request as it came in, and what became of it."""

    def __init__(self, connection: int) -> None:
        self.connection = connection  # which TCP connection of the competitor's life brought it, from 0
        self.method = ""
        self.target = ""
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.came = Moment()  # whole, body included
        self.disconnected = Moment()  # the peer closed or reset before the answer was complete
        self.answered = Moment()  # the script ran to its end
        self.bytes_sent = 0  # handed to the kernel or waiting in a buffer of at most 64 KiB

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Reply:
    """The writing side of one request. Every write waits while the peer does not read."""

    def __init__(self, asked: Asked, connection: "_Connection") -> None:
        self.asked = asked
        self.keep_alive = True
        self._connection = connection
        self._framing: str | None = None  # "chunked", "length" or "close" once the head is out

    async def head(self, status: int = 200, headers: Headers = (), *, length: int | None = None) -> None:
        """Status line and headers; the body is chunked unless its length is given. 204 has none."""
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
        if status == 204:
            self._framing = "length"
        elif length is None:
            self._framing = "chunked"
            lines.append("transfer-encoding: chunked")
        else:
            self._framing = "length"
            lines.append(f"content-length: {length}")
        if not self.keep_alive:
            lines.append("connection: close")
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def send(self, data: bytes) -> None:
        """A piece of the body, framed as the head said."""
        if self._framing == "chunked":
            data = b"%x\r\n%b\r\n" % (len(data), data)
        await self.raw(data)

    async def event(self, payload: dict[str, Any] | str) -> None:
        """One SSE event: `payload` as JSON, or the text as it is."""
        text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        await self.send(f"data: {text}\n\n".encode())

    async def raw(self, data: bytes) -> None:
        """These bytes, whatever they are."""
        await self._connection.write(data)
        self.asked.bytes_sent += len(data)

    async def body(self, status: int, headers: Headers, data: bytes) -> None:
        """A whole answer with its length."""
        await self.head(status, headers, length=len(data))
        await self.send(data)

    async def stall(self) -> None:
        """Nothing more, until the peer leaves."""
        await asyncio.Event().wait()

    def close(self) -> None:
        """Ends the connection in order (FIN), wherever the answer stands."""
        self._connection.close()

    def reset(self) -> None:
        """Ends it with RST; what was sent and not read yet may be lost."""
        self._connection.reset()

    async def end(self) -> None:
        """Completes the framing; called when a script returns."""
        if self._framing == "chunked":
            await self.raw(b"0\r\n\r\n")
        if self._framing is None or not self.keep_alive:
            self.close()


async def healthy(reply: Reply) -> None:
    """What `GET /health` gets unless told otherwise."""
    await reply.body(200, JSON, b'{"status": "ok", "version": "1.0"}')


async def not_found(reply: Reply) -> None:
    """What a path without a script gets."""
    await reply.body(404, JSON, b'{"error": {"message": "no such path", "code": "not_found"}}')


class HttpCompetitor:
    """The server, from `async with` until the block is left."""

    def __init__(
        self,
        chat: Script,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        send_buffer: int | None = None,  # SO_SNDBUF, to see backpressure within few bytes
    ) -> None:
        self.chat = chat
        self.next_chats: deque[Script] = deque()
        self.health: Script = healthy
        self.routes: dict[str, Script] = {}  # further paths, such as "/v1/artifacts/artf_1"
        self.requests: list[Asked] = []  # all, in the order of arrival
        self.connections = 0  # opened so far
        # While clear, the body of a request is not read: it stays with the peer and in the kernel.
        self.reads_bodies = asyncio.Event()
        self.reads_bodies.set()
        self._chats: asyncio.Queue[Asked] = asyncio.Queue()
        self._live: set[_Connection] = set()
        self._address = (host, port)
        self._tls = tls
        self._send_buffer = send_buffer
        self.failures: list[BaseException] = []  # of scripts; raised when the block is left
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        return self._address[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._address[0]}:{self._address[1]}"

    async def asked(self, within: float = 5.0) -> Asked:
        """The next chat request that has not been taken yet, as soon as its head is there."""
        async with asyncio.timeout(within):
            return await self._chats.get()

    def forget_asked(self) -> None:
        """Drops the requests that nobody took."""
        while not self._chats.empty():
            self._chats.get_nowait()

    def script_for(self, asked: Asked) -> Script:
        """What answers a request."""
        if asked.path == CHAT:
            return self.next_chats.popleft() if self.next_chats else self.chat
        if asked.path == "/health":
            return self.health
        return self.routes.get(asked.path, not_found)

    def note(self, asked: Asked) -> None:
        """Records a request whose head has come in."""
        self.requests.append(asked)
        if asked.path == CHAT:
            self._chats.put_nowait(asked)

    async def __aenter__(self) -> Self:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._send_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer)
        sock.bind(self._address)
        self._address = (self._address[0], sock.getsockname()[1])
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, self._live), sock=sock, ssl=self._tls
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        lives = list(self._live)
        for connection in lives:
            connection.reset()
        await asyncio.gather(*(connection.over.wait() for connection in lives))
        if self.failures:
            raise self.failures[0]


class _Connection(asyncio.Protocol):
    """One TCP connection: parses a request, runs its script, then the next."""

    def __init__(self, competitor: HttpCompetitor, live: set["_Connection"]) -> None:
        self.over = Moment()
        self._competitor = competitor
        self._live = live
        self._number = competitor.connections
        competitor.connections += 1
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport
        self._parser: httptools.HttpRequestParser
        self._asked: Asked
        self._running: asyncio.Task[None] | None = None
        self._resuming: asyncio.Task[None] | None = None
        self._closed_here = False
        self._expect_request()

    def _expect_request(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._asked = Asked(self._number)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, though no subclass
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._live.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.write(
                b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.close()

    def eof_received(self) -> None:
        self._leave()

    def connection_lost(self, _: Exception | None) -> None:
        self._leave()
        self._live.discard(self)
        self.over.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _leave(self) -> None:
        if not self._asked.answered.is_set() and not self._closed_here:
            self._asked.disconnected.set()
        for task in (self._running, self._resuming):
            if task is not None:
                task.cancel()

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        self._asked.target += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._asked.headers[name.decode().lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._asked.method = self._parser.get_method().decode()
        self._competitor.note(self._asked)
        if not self._competitor.reads_bodies.is_set() and self._asked.method == "POST":
            self._transport.pause_reading()
            self._resuming = asyncio.ensure_future(self._resume_reading())

    def on_body(self, data: bytes) -> None:
        self._asked.body += data

    def on_message_complete(self) -> None:
        self._asked.came.set()
        self._running = asyncio.ensure_future(self._answer(self._asked, self._parser.should_keep_alive()))
        self._running.add_done_callback(self._note_failure)

    # What a reply calls.

    async def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            await self.over.wait()  # which cancels the script that writes
        self._transport.write(data)
        await self._writable.wait()
        await asyncio.sleep(0)  # one that floods lets others have their turn

    def close(self) -> None:
        self._closed_here = True
        self._transport.close()

    def reset(self) -> None:
        self._closed_here = True
        with contextlib.suppress(OSError):  # the socket may be closed already
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    async def _answer(self, asked: Asked, keep_alive: bool) -> None:
        reply = Reply(asked, self)
        reply.keep_alive = keep_alive
        await self._competitor.script_for(asked)(reply)
        asked.answered.set()  # before the end is out: a peer that has all may leave at once
        if not self._transport.is_closing():
            await reply.end()
            self._expect_request()

    def _note_failure(self, answering: asyncio.Task[None]) -> None:
        if not answering.cancelled() and (error := answering.exception()) is not None:
            self._competitor.failures.append(error)
            self.reset()

    async def _resume_reading(self) -> None:
        await self._competitor.reads_bodies.wait()
        self._transport.resume_reading()


async def _serve(host: str, port: int, behaviour: str) -> None:
    from support import competitor_scripts as scripts  # late: scripts are written against this module

    async with HttpCompetitor(scripts.chosen(behaviour), host=host, port=port) as competitor:
        print(competitor.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serves until killed; says its URL on the first line of standard output."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m support.http_competitor")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--behaviour", default="tokens:20:0.02", help="for requests that name none")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.host, options.port, options.behaviour))


if __name__ == "__main__":
    main()
