"""Answering an HTTP request by pushing bytes, for as long as the client stays.

A handler returns `Replying(work)`; `work(reply)` chooses the status when it knows it and then writes.
The moment the client leaves, headers sent or not, `work` is cancelled: everything that it holds open
in `async with` closes with it.
"""

import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from janus_mesh.errors import JanusError
from janus_mesh.http import ClientLeft, error_event, while_present

from .incoming import Incoming

EVENT_STREAM = "text/event-stream"
_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")


class Reply:
    """The writing side of one HTTP response, and what comes in meanwhile."""

    def __init__(self, send: Send, headers: Mapping[str, str], incoming: Incoming) -> None:
        self.incoming = incoming
        self.bytes_sent = 0  # of the body
        self.status = 0
        self.first_byte_at: float | None = None  # of the body, on the monotonic clock
        self._send = send
        self._headers = headers  # sent with whatever status
        self._streams_events = False
        self._tail = b""

    @property
    def started(self) -> bool:
        """Whether the status is out and can no longer be another."""
        return self.status != 0

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self._streams_events = headers.get("content-type", "").startswith(EVENT_STREAM)
        raw = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in {**headers, **self._headers}.items()
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes) -> None:
        """Sends a piece of the body; waits while the client does not read."""
        if self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
        self._tail = (self._tail + data[-4:])[-4:]
        self.bytes_sent += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer."""
        data = orjson.dumps(body)
        length = str(len(data))
        await self.start(
            status, {"content-type": "application/json", "content-length": length, **(headers or {})}
        )
        await self.write(data)
        await self.end()

    async def fail(self, error: JanusError) -> None:
        """Says what went wrong: as a status if there is still time, else as an event.

        A body that is torn within an event, or is no event stream, cannot carry the error any more;
        it is left unfinished, which makes the server cut the connection, so that it never looks whole.
        """
        if not self.started:
            retry = {"retry-after": str(max(1, round(error.retry_after)))} if error.retry_after else {}
            await self.json(error.http_status, error.openai_body(), retry)
        elif self._streams_events and self._between_events():
            await self.write(error_event(error))
            await self.end()

    def _between_events(self) -> bool:
        return not self._tail or self._tail.endswith(_EVENT_ENDS)


class Replying(Response):
    """A response that is made by `work` while the client waits; `reads_body` when `work` reads one first."""

    def __init__(
        self,
        work: Callable[[Reply], Coroutine[Any, Any, None]],
        headers: Mapping[str, str],
        *,
        reads_body: bool = False,
    ) -> None:
        super().__init__()
        self._work = work
        self._reply_headers = headers
        self._reads_body = reads_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        incoming = Incoming(receive, wanted=self._reads_body)
        work = self._work(Reply(send, self._reply_headers, incoming))
        with suppress(ClientLeft):
            await while_present(work, incoming.departure())
