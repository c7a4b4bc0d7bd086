"""A lean gRPC competitor: `ChatService.Chat` by the scripts of the HTTP mock, straight onto the socket.

It stamps a token and writes it in one go, as the HTTP mock does, so that what lies between a stamp
and its arrival is the way alone and not a server's queues.
"""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from janus_bench.mesh.load import LOOPBACK
from janus_bench.mesh.script import Script, find
from janus_bench.mesh.wire import clock_us
from janus_proto._gen.janus.chat.v1 import chat_pb2
from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

_PREFIX_BYTES = 5


class GrpcMock(asyncio.Protocol):
    """One connection; its calls are answered one after the other."""

    def __init__(self) -> None:
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self._loop = asyncio.get_running_loop()
        self._asked = bytearray()
        self._stream = 0
        self._script = Script()
        self._sent = 0
        self._asked_at = self._due = 0.0
        self._timer: asyncio.Handle | None = None
        self._paused = self._parked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape, not by class
        self._http.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._stop()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._parked:
            self._parked = False
            self._token()

    def data_received(self, data: bytes) -> None:
        self._asked_at = time.monotonic()  # HTTP/2 takes its time: the timetable counts from here
        try:
            for event in self._http.receive_data(data):
                match event:
                    case h2.events.DataReceived(data=asked):
                        self._asked += asked or b""
                        self._http.acknowledge_received_data(
                            event.flow_controlled_length or 0, event.stream_id
                        )
                    case h2.events.StreamEnded(stream_id=stream) if stream is not None:
                        self._begin(stream)
                    case h2.events.StreamReset():
                        self._stop()
        except h2.exceptions.ProtocolError:
            self._transport.abort()
        self._flush()

    def _begin(self, stream: int) -> None:
        asked = chat_pb2.ChatServiceChatRequest.FromString(bytes(self._asked[_PREFIX_BYTES:]))
        self._asked.clear()
        self._stream = stream
        script = find(asked.request.messages[-1].text)
        self._http.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
        if script is None:
            self._end("3")
            return
        self._script, self._sent = script, 0
        if script.head:
            self._at(self._asked_at + script.head, self._open)
        else:
            self._open()

    def _open(self) -> None:
        self._say(pb.ChatEvent(start=pb.AnswerStart(model="bench")))
        self._due = self._asked_at + self._script.head + self._script.first
        if self._script.first:
            self._at(self._due, self._token)
        else:
            self._token()

    def _token(self) -> None:
        self._say(pb.ChatEvent(content=f"t{self._sent:06d}@{clock_us():015d} "))
        self._sent += 1
        script = self._script
        if self._sent == script.tokens:
            usage = pb.Usage(prompt_tokens=8, completion_tokens=self._sent, total_tokens=self._sent + 8)
            self._say(pb.ChatEvent(choice_finish=pb.ChoiceFinish(reason="stop")))
            self._say(pb.ChatEvent(finish=pb.Finish(usage=usage)))
            self._end("0")
        elif script.gap:
            self._at(self._due + self._sent * script.gap, self._token)
        elif self._paused:
            self._parked = True
        else:
            self._timer = self._loop.call_soon(self._token)

    def _say(self, event: pb.ChatEvent) -> None:
        message = chat_pb2.ChatServiceChatResponse(event=event).SerializeToString()
        self._http.send_data(self._stream, b"\0" + len(message).to_bytes(4) + message)
        self._flush()

    def _end(self, status: str) -> None:
        self._http.send_headers(self._stream, [("grpc-status", status)], end_stream=True)
        self._flush()

    def _at(self, due: float, then: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), then)

    def _stop(self) -> None:
        self._parked = False
        if self._timer is not None:
            self._timer.cancel()

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._transport.write(data)


async def listen() -> asyncio.Server:
    """A mock on a free loopback port of this event loop."""
    return await asyncio.get_running_loop().create_server(GrpcMock, LOOPBACK, 0, backlog=4096)
