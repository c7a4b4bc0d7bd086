"""One HTTP request handed on to another server, streamed in both directions.

A connection for each request: what is on the other side of a sandbox's border is worth no reuse. When
either side leaves, the other is let go at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import h11
from starlette.types import Receive, Send

from janus_mesh.errors import Unavailable

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
Headers = list[tuple[bytes, bytes]]

_READ_BYTES = 65_536
# Of one connection, not of the message (RFC 9110, section 7.6.1).
_HOP_BY_HOP = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
    *(b"te", b"trailer", b"upgrade"),
}


@dataclass(slots=True)
class Passed:
    """What went through; `status` is 0 when no answer came."""

    status: int = 0
    sent: int = 0
    received: int = 0
    headers: Headers = field(default_factory=list)  # added to the answer


def end_to_end(headers: Iterable[tuple[bytes, bytes]], *dropped: bytes) -> Headers:
    """Headers without those of the connection and those that are dropped (lower-case names)."""
    headers = list(headers)
    named = {
        part.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for part in value.split(b",")
    }
    gone = _HOP_BY_HOP | named | set(dropped)
    return [(name, value) for name, value in headers if name.lower() not in gone]


async def relay(receive: Receive, send: Send, dial: Dial, request: h11.Request, passed: Passed) -> None:
    """Hands a request on and its answer back; counts into `passed` on the way.

    Raises `Unavailable` while the answer has not begun; later the answer is cut off.
    """
    try:
        reader, writer = await dial()
    except OSError as error:
        raise Unavailable(f"cannot be reached: {error.strerror or error}") from error
    connection = h11.Connection(h11.CLIENT)
    try:
        writer.write(_bytes(connection.send(request)))
        asking = asyncio.create_task(_ask(receive, connection, writer, passed))
        answering = asyncio.create_task(_answer(send, connection, reader, passed))
        try:
            await asyncio.wait((asking, answering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (asking, answering):
                task.cancel()
            await asyncio.wait((asking, answering))
        for task in (answering, asking):
            if not task.cancelled():
                task.result()
    except (OSError, EOFError, h11.ProtocolError) as error:
        raise Unavailable("broke off, or does not speak HTTP") from error
    finally:
        writer.close()


async def _ask(
    receive: Receive, connection: h11.Connection, writer: asyncio.StreamWriter, passed: Passed
) -> None:
    """Sends the request's body; then returns when the client has left."""
    more = True
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not more:
            continue
        body, more = message.get("body", b""), message.get("more_body", False)
        if body:
            passed.sent += len(body)
            writer.write(_bytes(connection.send(h11.Data(body))))
        if not more:
            writer.write(_bytes(connection.send(h11.EndOfMessage())))
        await writer.drain()


async def _answer(
    send: Send, connection: h11.Connection, reader: asyncio.StreamReader, passed: Passed
) -> None:
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Response):
            passed.status = event.status_code
            headers = [*end_to_end(event.headers.raw_items(), b"transfer-encoding"), *passed.headers]
            await send({"type": "http.response.start", "status": event.status_code, "headers": headers})
        elif isinstance(event, h11.Data):
            passed.received += len(event.data)
            await send({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
        elif isinstance(event, h11.EndOfMessage):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        elif not isinstance(event, h11.InformationalResponse):
            raise EOFError


def _bytes(data: bytes | None) -> bytes:
    return data or b""
