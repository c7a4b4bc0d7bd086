"""An answer as it goes out: a head, then bytes, for as long as the client stays.

A path through this competitor is an async iterator that first yields a `Head`, then the body. The
moment the client leaves, head sent or not, the iterator is closed with everything that it holds open.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

import orjson
from opentelemetry.trace import SpanKind
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from janus_mesh import logs, traces
from janus_mesh.errors import JanusError
from janus_mesh.http import ClientLeft, client_left, while_present

from .record import RequestRecord

EVENT_STREAM = "text/event-stream"
# Which path was taken, and why; the first is also how a client demands one.
PATH, PATH_REASON = "x-janus-path", "x-janus-path-reason"
_MOST_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins."""

    status: int
    content_type: str
    retry_after: str = ""
    path: str = ""
    reason: str = ""  # for the path

    @property
    def streams(self) -> bool:
        return self.content_type.startswith(EVENT_STREAM)


Parts = AsyncGenerator[Head | bytes, None]


class AnswerResponse(Response):
    """Sends the parts of an answer. Errors become a status, or an event once the head is out."""

    def __init__(self, parts: Parts, record: RequestRecord) -> None:
        super().__init__()
        self._parts = parts
        self._record = record
        self._head: Head | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        with suppress(ClientLeft):
            await while_present(self._answer(send), client_left(receive))

    async def _answer(self, send: Send) -> None:
        with (
            logs.bound(request_id=self._record.request_id),
            traces.tracer().start_as_current_span("answer", self._record.caller, SpanKind.SERVER),
            self._record,
        ):
            try:
                async with aclosing(self._parts) as parts:
                    async for part in parts:
                        await self._send(part, send)
            except JanusError as error:
                self._record.error = error
                await self._fail(error, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, part: Head | bytes, send: Send) -> None:
        if isinstance(part, bytes):
            self._record.note_bytes()
            await send({"type": "http.response.body", "body": part, "more_body": True})
            return
        self._head = part
        self._record.status = part.status
        self._record.path = part.path or self._record.path
        headers = {
            "content-type": part.content_type,
            "x-request-id": self._record.request_id,
            "retry-after": part.retry_after,
            "cache-control": "no-cache" if part.streams else "",
            PATH: part.path,
            PATH_REASON: _visible(part.reason),
        }
        raw = [(name.encode(), value.encode("ascii")) for name, value in headers.items() if value]
        await send({"type": "http.response.start", "status": part.status, "headers": raw})

    async def _fail(self, error: JanusError, send: Send) -> None:
        body = orjson.dumps(error.openai_body())
        if self._head is None:
            retry = str(max(1, round(error.retry_after))) if error.retry_after else ""
            await self._send(Head(error.http_status, "application/json", retry), send)
            await self._send(body, send)
        else:
            # Only streams can fail after their head: paths read everything else to its end first.
            await self._send(b"data: " + body + b"\n\n", send)


def _visible(text: str) -> str:
    """A text as a header may carry it."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MOST_REASON_CHARACTERS])
