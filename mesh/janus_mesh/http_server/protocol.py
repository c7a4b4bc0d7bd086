"""One HTTP/1.1 connection, with bounds on what its client sends.

`Intake` reads the requests; uvicorn's `RequestResponseCycle` runs the application and writes the responses.
What stands here is the connection between them: order, backpressure, timeouts, refusals and the end.
"""

import asyncio
import contextvars
import logging
from collections import deque
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from janus_mesh.errors import JanusError, RequestTimeout

from .closing import Closing
from .connections import Connections
from .cycles import CloseDelimitedCycle
from .intake import END, Event, Head, Intake
from .limits import HttpLimits
from .refusals import HttpRefused, refusal

_log = logging.getLogger("uvicorn.error")  # where uvicorn's cycle reports an application's exceptions
# Of one connection, before others get their turn.
_EVENTS_PER_TURN = 8


class _Flow(FlowControl):
    """Reading stays paused while `held`, whatever the request that is being answered wants to read."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class _Outlet:
    """What a cycle uses of the transport; to close is the connection's decision."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, connection: "BoundedHttpProtocol", transport: asyncio.Transport) -> None:
        self.write = transport.write  # called for every event of a stream: no layer between
        self.is_closing = transport.is_closing
        self.close = connection.close


class BoundedHttpProtocol(asyncio.Protocol):
    """Refuses with a typed error, in OpenAI's shape, what exceeds `HttpLimits` or is ambiguous.

    Requests that a client sends ahead (pipelining) are begun one after another, each in an iteration of the
    event loop of its own; when some are queued, reading pauses and the rest waits unparsed.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: HttpLimits,
        counted: Connections,
    ) -> None:
        self._app = config.loaded_app
        self._state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._limits = limits
        self._counted = counted
        self._admitted = False
        self._intake = Intake(limits)
        self._active: RequestResponseCycle | None = None  # being answered
        self._incoming: RequestResponseCycle | None = None  # being read, or read last
        self._queue: deque[RequestResponseCycle] = deque()  # read, and not yet begun
        self._refusal: JanusError | None = None  # waits for the responses before it
        self._timer: asyncio.TimerHandle | None = None
        self._timing_head = False
        self._pumping = False  # a turn is scheduled
        self._context = contextvars.copy_context()

    # The transport's callbacks

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._outlet = _Outlet(self, transport)
        self._flow = _Flow(transport)
        self._closing = Closing(transport, self._loop, self._limits)
        self._server, self._client = get_local_addr(transport), get_remote_addr(transport)
        self._address = self._client[0] if self._client else ""
        self._state.connections.add(self)  # type: ignore[arg-type]
        if error := self._counted.admit(self._address):
            transport.pause_reading()
            transport.write(refusal(error))
            self._intake.stop()
            self._closing.close()
            return
        self._admitted = True
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._state.connections.discard(self)  # type: ignore[arg-type]
        if self._admitted:
            self._counted.release(self._address)
        self._stop_timer()
        self._closing.closed()
        self._intake.stop()
        self._queue.clear()
        for cycle in (self._active, self._incoming):
            self._disconnect(cycle)
        self._flow.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._closing.begun or self._refusal is not None or self._has_read_last_request():
            self._closing.drop(len(data))
            return
        self._intake.receive(data)
        if not self._pumping:
            self._pump()

    def pause_writing(self) -> None:
        self._flow.pause_writing()
        self._closing.watch_progress()

    def resume_writing(self) -> None:
        self._flow.resume_writing()
        self._closing.progressed()

    # What the server and the cycles call

    def shutdown(self) -> None:
        """Lets the response that has begun end; nothing else is begun."""
        self._queue.clear()
        active = self._active
        if active is None or active.response_complete:
            self._intake.stop()
            self._closing.close()
            return
        active.keep_alive = False
        if self._incoming is not active:
            self._intake.stop()

    def abort(self) -> None:
        """Ends the connection at once; what was not sent is lost."""
        self._transport.abort()

    def cut_off(self) -> None:
        """Ends the connection at once if its client is not reading: it would not read an error either."""
        if self._flow.write_paused:
            self._transport.abort()

    def close(self) -> None:
        """Ends the connection after what was written."""
        if self._closing.begun:
            return
        self._stop_timer()
        self._queue.clear()
        if self._intake.clean and not self._closing.dropped:
            self._closing.close()
        else:
            self._linger()

    # Requests

    def _pump(self) -> None:
        """Takes some events from the intake, and leaves the rest for later turns."""
        self._pumping = False
        try:
            for _ in range(_EVENTS_PER_TURN):
                if self._closing.begun or self._must_wait():
                    break
                event = self._intake.next()
                if event is None:
                    break
                self._take(event)
            else:
                self._schedule_pump()
        except HttpRefused as error:
            self._refuse(error)
            return
        self._hold(self._pumping or self._must_wait())
        if self._intake.head_begun and self._is_idle() and not self._timing_head:
            self._time_head()

    def _take(self, event: Event) -> None:
        if isinstance(event, Head):
            self._begin(event)
            return
        cycle = self._incoming
        assert cycle is not None
        if event is END:
            cycle.more_body = False
            cycle.message_event.set()
            if not cycle.keep_alive:
                self._intake.stop()
            elif self._is_idle():  # the rest of a body whose answer went out early
                self._time_idle()
        elif cycle.response_complete:
            self._closing.drop(len(event))
        else:
            cycle.body += event
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self._flow.pause_reading()
            cycle.message_event.set()

    def _begin(self, head: Head) -> None:
        self._stop_timer()
        kind = RequestResponseCycle if head.version == "1.1" else CloseDelimitedCycle
        cycle = kind(
            scope={
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.3"},
                "http_version": head.version,
                "server": self._server,
                "client": self._client,
                "scheme": "http",
                "method": head.method,
                "root_path": "",
                "path": head.path,
                "raw_path": head.raw_path,
                "query_string": head.query,
                "headers": head.fields,
                "state": self._app_state.copy(),
            },
            transport=self._outlet,  # type: ignore[arg-type]
            flow=self._flow,
            logger=_log,
            access_logger=_log,
            access_log=False,
            default_headers=self._state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=head.expects_continue and head.version == "1.1",
            keep_alive=head.keep_alive,
            on_response=self._response_complete,
        )
        self._incoming = cycle
        if self._active is None or self._active.response_complete:
            self._start(cycle)
        else:
            self._queue.append(cycle)

    def _start(self, cycle: RequestResponseCycle) -> None:
        self._active = cycle
        # Not in the context of the request before, from whose task this may be called.
        task = self._loop.create_task(cycle.run_asgi(self._app), context=self._context.copy())
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def _response_complete(self) -> None:
        self._state.total_requests += 1
        if self._closing.begun or self._transport.is_closing():
            return
        if self._queue:
            self._start(self._queue.popleft())
        elif self._refusal is not None:
            self._send_refusal()
            return
        elif not self._intake.between_requests:
            self._time_rest_of_body()
        elif self._intake.head_begun:
            self._time_head()
        else:
            self._time_idle()
        self._flow.resume_reading()
        if self._flow.held and not self._pumping:
            self._schedule_pump()

    def _schedule_pump(self) -> None:
        self._pumping = True
        self._loop.call_soon(self._pump, context=self._context)

    def _must_wait(self) -> bool:
        """Whether enough requests are queued."""
        if not self._queue:
            return False
        assert self._incoming is not None
        return len(self._queue) >= self._limits.pipelined or len(self._incoming.body) > HIGH_WATER_LIMIT

    def _hold(self, held: bool) -> None:
        self._flow.held = held
        if held:
            self._flow.pause_reading()
        elif self._incoming is None or len(self._incoming.body) <= HIGH_WATER_LIMIT:
            self._flow.resume_reading()

    def _is_idle(self) -> bool:
        return self._active is None or self._active.response_complete

    def _has_read_last_request(self) -> bool:
        cycle = self._incoming
        return cycle is not None and not cycle.keep_alive and not cycle.more_body

    # Refusals and the end

    def _refuse(self, error: JanusError) -> None:
        """Answers with the error, after the responses that come before it, and reads nothing more."""
        cycle = self._incoming
        if cycle is not None and cycle.more_body:  # what is wrong is the body of this very request
            self._disconnect(cycle)
            if cycle in self._queue:
                self._queue.remove(cycle)
            elif cycle.response_complete:
                self._linger()
                return
            elif cycle.response_started:
                self._transport.abort()
                return
            else:
                self._active = None
        self._intake.stop()
        self._stop_timer()
        self._flow.held = False
        self._flow.resume_reading()
        self._refusal = error
        if self._is_idle():
            self._send_refusal()

    def _send_refusal(self) -> None:
        assert self._refusal is not None
        if not self._closing.begun and not self._transport.is_closing():
            self._transport.write(refusal(self._refusal))
            self._linger()

    def _linger(self) -> None:
        self._intake.stop()
        self._flow.held = False
        self._flow.resume_reading()
        self._closing.linger()

    @staticmethod
    def _disconnect(cycle: RequestResponseCycle | None) -> None:
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    # Time

    def _time_head(self) -> None:
        self._set_timer(self._limits.head_seconds, self._head_is_late)
        self._timing_head = True

    def _time_idle(self) -> None:
        self._set_timer(self._limits.idle_seconds, self.close)

    def _time_rest_of_body(self) -> None:
        self._set_timer(self._limits.linger_seconds, self.close)

    def _head_is_late(self) -> None:
        self._stop_timer()
        if self._intake.head_begun:
            seconds = self._limits.head_seconds
            self._refuse(RequestTimeout(f"the head of the request did not arrive within {seconds:g} s"))
        else:
            self._closing.close()

    def _set_timer(self, seconds: float, callback: Any) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, callback)

    def _stop_timer(self) -> None:
        self._timing_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
