"""One connection to a container: a request goes out, one answer comes in, and so on while both like it.

call = connection.begin()
await connection.send(head, body)
await call.head()
...
connection.leave(call)      # or end_call(call)
"""

import asyncio
from collections.abc import Callable
from typing import cast

from janus_mesh.errors import CompetitorFailed, Unavailable

from .call import Call
from .parser import AnswerParser
from .rounds import Rounds

# A request's body goes out in such pieces when it is longer than one.
_PIECE_BYTES = 64 * 1024
# How long, and how far, a call that was left after its last event is read on, to keep its connection.
_DRAIN_SECONDS = 1.0
_DRAIN_BYTES = 64 * 1024
# A read of that many bytes is a flood's: the event loop would read on and on while more is there.
_TURN_BYTES = 64 * 1024
# So many reads of an answer, its beginning, wait for nobody.
_FIRST_READS = 3


class Connection(asyncio.Protocol):
    """`on_idle(connection)` when it can take the next request, `on_lost(connection)` when it is gone."""

    __slots__ = (
        "_call",
        "_descriptor",
        "_drained_bytes",
        "_held",
        "_joined",
        "_left",
        "_lost",
        "_on_idle",
        "_on_lost",
        "_parser",
        "_reading",
        "_reads",
        "_rounds",
        "_timer",
        "_transport",
        "_turn_is_over",
        "_unsent",
        "_writable",
    )

    def __init__(
        self,
        rounds: Rounds,
        on_idle: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self._rounds = rounds
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._call: Call | None = None
        self._parser: AnswerParser
        self._lost = False
        self._held = False  # the call cannot take more
        self._turn_is_over = False
        self._reading = True
        self._descriptor = -1  # of the socket, if others than its transport can read it
        self._joined = False  # the rounds read it, not the transport
        self._reads = 0  # of the call's answer
        self._left = False  # the call's reader is gone
        self._drained_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None
        self._unsent = False  # part of the request was held back

    @property
    def usable(self) -> bool:
        """Whether it can take a request."""
        return not self._lost and self._call is None

    def begin(self) -> Call:
        """Takes it for one call; `leave` or `end_call` gives it back."""
        self._stop_timer()
        self._left = self._unsent = False
        self._reads = 0
        call = Call(self)
        self._parser = AnswerParser(call.begin)
        if self._lost:  # between being connected and being used
            call.fail(_closed())
        else:
            self._call = call
        return call

    async def send(self, head: bytes, body: bytes) -> None:
        """Sends the call's request, and the rest of its body only until the answer's head is there."""
        if self._lost:
            return
        self._transport.write(head + body[:_PIECE_BYTES])
        rest = memoryview(body)
        for start in range(_PIECE_BYTES, len(body), _PIECE_BYTES):
            await self._room()
            if self._lost or self._parser.head_came:
                self._unsent = True
                return
            self._transport.write(rest[start : start + _PIECE_BYTES])

    def leave(self, call: Call) -> None:
        """Lets the rest of the answer pass, within bounds, so that the connection can be used again."""
        if self._call is call:
            self._left = True
            self._drained_bytes = 0
            call.discard()
            self.close_after(_DRAIN_SECONDS)

    def end_call(self, call: Call) -> None:
        """Closes at once, unless the answer is complete, when it may carry another's call already."""
        if self._call is call:
            self.abort()

    def close_after(self, seconds: float) -> None:
        """Closes unless a call begins or ends before."""
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def abort(self) -> None:
        """Closes at once, whatever is still to be sent."""
        self._leave_rounds()
        self._transport.abort()

    def pause(self) -> None:
        self._held = True
        self._read_or_not()

    def resume(self) -> None:
        self._held = False
        self._read_or_not()

    def _end_turn(self) -> None:
        """Lets others be read, and timers run, before this connection is read again."""
        self._turn_is_over = True
        self._read_or_not()
        asyncio.get_running_loop().call_soon(self._begin_turn)

    def _begin_turn(self) -> None:
        self._turn_is_over = False
        self._read_or_not()

    def _read_or_not(self) -> None:
        wanted = not (self._held or self._turn_is_over)
        if wanted == self._reading or self._lost:
            return
        if wanted:
            self._transport.resume_reading()
        elif self._joined:
            self._leave_rounds()
        else:
            self._transport.pause_reading()
        self._reading = wanted

    def _join_rounds(self) -> None:
        self._transport.pause_reading()
        self._rounds.join(self._descriptor, self)
        self._joined = True

    def _leave_rounds(self) -> None:
        """Then nobody reads."""
        if self._joined:
            self._joined = self._reading = False
            self._rounds.leave(self._descriptor)

    # The transport's callbacks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by shape, not by class
        self._transport.set_write_buffer_limits(_PIECE_BYTES)
        if transport.get_extra_info("ssl_object") is None:  # what TLS holds in its socket is not the answer
            self._descriptor = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        call = self._call
        if call is None:  # a container that speaks without being asked
            self.abort()
            return
        self._reads += 1
        if len(data) >= _TURN_BYTES and not self._joined:
            self._end_turn()
        parser = self._parser
        body = parser.feed(data)
        if self._writable is not None and parser.head_came:
            self._let_write()
        if body:
            self._deliver(call, body)
        if parser.broken and not parser.complete:
            self._break(call)
        elif parser.complete:
            self._finish(call)
        elif not self._joined and self._descriptor >= 0:
            many = self._rounds.saw(self._descriptor)
            if many and self._reading and self._reads >= _FIRST_READS:
                self._join_rounds()

    def ended(self) -> None:
        """What the rounds tell in place of the transport's `eof_received`."""
        self._leave_rounds()
        self._closed_by_peer()
        self._transport.close()

    def eof_received(self) -> bool:
        self._closed_by_peer()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._leave_rounds()
        self._closed_by_peer()
        self._stop_timer()
        self._let_write()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self._let_write()

    def _deliver(self, call: Call, body: bytes) -> None:
        call.receive(body)
        if self._left:
            self._drained_bytes += len(body)
            if self._drained_bytes > _DRAIN_BYTES:
                self.abort()

    def _break(self, call: Call) -> None:
        began = self._parser.head_came
        what = "the competitor's answer broke off: the rest" if began else "what the competitor answered"
        call.fail(CompetitorFailed(f"{what} is not HTTP"))
        self.abort()

    def _finish(self, call: Call) -> None:
        self._call = None
        call.end()
        self._leave_rounds()
        if self._parser.keep_alive and not (self._unsent or self._parser.broken):
            self.resume()
            self._on_idle(self)
        else:
            self._transport.close()

    def _closed_by_peer(self) -> None:
        self._lost = True
        call, self._call = self._call, None
        if call is None:
            return
        if not self._parser.head_came:
            call.fail(_closed())
        elif self._parser.framed:
            call.fail(CompetitorFailed("the competitor's answer broke off"))
        else:  # without a length, the end of the connection is the end of the body
            call.end()

    async def _room(self) -> None:
        """Waits until the transport takes more, the answer begins, or the connection is lost."""
        if self._writable is not None:
            await self._writable

    def _let_write(self) -> None:
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _closed() -> Unavailable:
    return Unavailable("the competitor closed the connection before it answered")
