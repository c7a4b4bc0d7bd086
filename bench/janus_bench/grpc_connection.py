"""The client's side of gRPC calls on one HTTP/2 connection, timed where bytes arrive.

gRPC's own client hands a message from thread to thread before Python sees it, and the mesh's links
write in batches; neither is how late an answer was. Here bytes are only stamped when they arrive, and
taken apart when every socket that was ready has had its stamp.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol, cast
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from .arrivals import Arrivals, stamped

_WINDOW = 2**31 - 1  # the most there is: a reader that measures holds nobody back
_LOW_WINDOW = 2**30
_PREFIX_BYTES = 5
_UNKNOWN = 2  # gRPC's status of calls whose peer gave none

Headers = Mapping[bytes, bytes]


class CallReader(Protocol):
    """What is read of one answer; `now` is when the bytes arrived, in monotonic seconds."""

    sent_at: float

    def feed(self, message: bytes, now: float) -> None:
        """A whole message. What it raises ends the connection, and `lost` follows."""

    def end(self, status: int, details: str) -> None:
        """The call ended, with gRPC's status."""

    def lost(self) -> None:
        """The connection closed before the call was over."""

    def refused(self, status: int, body: bytes) -> None:
        """The HTTP status was not 200: nobody speaks gRPC there."""


class GrpcConnection(asyncio.Protocol):
    """Makes one call at a time, of one method; closing it is how the client leaves.

    `longest` bounds a message, in bytes. `ready` must be waited for before the first call.
    """

    def __init__(self, authority: str, path: str, metadata: Mapping[str, str], longest: int) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = [
            *((":method", "POST"), (":scheme", "http"), (":path", path), (":authority", authority)),
            *(("te", "trailers"), ("content-type", "application/grpc"), ("user-agent", "janus-bench")),
            *metadata.items(),
        ]
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding=None)
        )
        self._arrivals: Arrivals | None = None
        self._undigested: list[tuple[float, bytes]] = []
        self._reader: CallReader | None = None
        self._answered: asyncio.Future[None] | None = None
        self._stream = 0
        self._unsent = memoryview(b"")
        self._unread = bytearray()
        self._leaving = False

    async def ask(self, request: bytes, reader: CallReader) -> None:
        """Returns when the call is over or the connection is gone; `reader` knows which."""
        self._reader = reader
        self._unread.clear()
        self._answered = self._loop.create_future()
        if self._transport.is_closing():
            self._ended()
            return
        try:
            self._stream = self._http.get_next_available_stream_id()
            self._http.send_headers(self._stream, self._head)
            self._widen()
        except h2.exceptions.ProtocolError:
            self._give_up()
            return
        self._unsent = memoryview(b"\0" + len(request).to_bytes(4) + request)
        self._frame()
        reader.sent_at = time.monotonic()
        self._flush()
        await self._answered

    @property
    def idle(self) -> bool:
        """Whether it can be asked: it is open, and no call is under way."""
        return not self._leaving and self._reader is None and not self._transport.is_closing()

    def leave(self) -> None:
        self._leaving = True
        self._reader = None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape, not by class
        self._arrivals = stamped(self._transport, self._arrived)
        codes = h2.settings.SettingCodes
        self._http.local_settings = h2.settings.Settings(
            client=True, initial_values={codes.ENABLE_PUSH: 0, codes.INITIAL_WINDOW_SIZE: _WINDOW}
        )
        self._http.initiate_connection()
        self._widen()
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._arrived(data, time.monotonic())

    def _arrived(self, data: bytes, now: float) -> None:
        self._undigested.append((now, data))
        if len(self._undigested) == 1:
            self._loop.call_soon(self._digest)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._leaving = True
        if self._arrivals is not None:
            self._arrivals.close()
        self._digest()
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the connection closed before gRPC began"))
        self._ended()

    def _digest(self) -> None:
        """Takes apart what arrived."""
        arrived, self._undigested = self._undigested, []
        try:
            for now, data in arrived:
                for event in self._http.receive_data(data):
                    self._take(event, now)
        except Exception as error:  # noqa: BLE001  # a breach of HTTP/2 or gRPC, or more than the reader takes
            if not self.ready.done():
                self.ready.set_exception(ConnectionError(f"what answers there is no gRPC: {error}"))
            self._give_up()
        else:
            self._flush()

    def _take(self, event: h2.events.Event, now: float) -> None:
        reader = self._reader
        match event:
            case h2.events.RemoteSettingsChanged() if not self.ready.done():
                self.ready.set_result(None)
            case h2.events.ConnectionTerminated():
                self._leaving = True
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                self._frame()
            case _ if reader is None or getattr(event, "stream_id", None) != self._stream:
                return
            case h2.events.ResponseReceived(headers=head):
                self._began(dict(head or ()), reader)
            case h2.events.DataReceived(data=data):
                self._unread += data or b""
                self._deframe(reader, now)
            case h2.events.TrailersReceived(headers=trailers):
                self._over(dict(trailers or ()))
            case h2.events.StreamEnded() | h2.events.StreamReset():
                self._ended()

    def _began(self, head: Headers, reader: CallReader) -> None:
        if head.get(b":status") != b"200":
            reader.refused(int(head.get(b":status", b"0")), b"")
        elif b"grpc-status" in head:
            self._over(head)

    def _deframe(self, reader: CallReader, now: float) -> None:
        unread = self._unread
        while len(unread) >= _PREFIX_BYTES:
            end = _PREFIX_BYTES + int.from_bytes(unread[1:_PREFIX_BYTES])
            if unread[0] or end > self._longest:
                raise ConnectionError("a message is compressed, or too long")
            if len(unread) < end:
                return
            message = bytes(unread[_PREFIX_BYTES:end])
            del unread[:end]
            reader.feed(message, now)

    def _over(self, trailers: Headers) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            status = trailers.get(b"grpc-status", b"")
            details = unquote(trailers.get(b"grpc-message", b"").decode(errors="replace"))
            reader.end(int(status) if status.isdigit() else _UNKNOWN, details)
        self._ended()

    def _frame(self) -> None:
        """As much of the request as the peer will take now."""
        http = self._http
        while self._unsent:
            some = min(http.local_flow_control_window(self._stream), http.max_outbound_frame_size)
            if some <= 0:
                break
            part, self._unsent = self._unsent[:some], self._unsent[some:]
            http.send_data(self._stream, bytes(part), end_stream=not self._unsent)

    def _widen(self) -> None:
        """Grants what was taken on the connection, long before it could run out."""
        window = self._http.inbound_flow_control_window
        if window < _LOW_WINDOW:
            self._http.increment_flow_control_window(_WINDOW - window)

    def _flush(self) -> None:
        if (data := self._http.data_to_send()) and not self._transport.is_closing():
            self._transport.write(data)

    def _give_up(self) -> None:
        self._leaving = True
        self._transport.abort()
        self._ended()

    def _ended(self) -> None:
        """The call is over; a reader that was told of no end has lost it."""
        reader, self._reader = self._reader, None
        if self._unsent:  # the stream is still half open
            self._leaving = True
            self._unsent = memoryview(b"")
        if reader is not None:
            reader.lost()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)
