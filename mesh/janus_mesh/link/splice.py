"""Passes the events of one link's exchange to another's without waking a task.

Content is passed on as bytes. With an `inspect` every other event is decoded and shown to it first.
"""

import asyncio
from collections.abc import Callable

from janus_mesh.errors import CompetitorFailed, JanusError
from janus_proto._gen.janus.chat.v1 import event_pb2
from janus_proto._gen.janus.link.v1 import link_pb2

from .client import EVENT_BYTES, ClientEnd, as_event
from .server import ServerEnd

_CONTENT = link_pb2.EVENT_KIND_CONTENT
_ENDINGS = ("finish", "error")

# Changes an event in place. Returns False when it must not be passed on.
Inspect = Callable[[event_pb2.ChatEvent], bool]


class Splice:
    """Runs from construction until `ending` is there: a `finish`, an `error`, or what was raised.

    The ending itself is not passed on, because the caller has something to do then. `heard` is called when
    events went through; `passed` counts them. What `inspect` raises ends it too.
    """

    __slots__ = ("_heard", "_inspect", "_sink", "_source", "content_bytes", "ending", "passed")

    def __init__(
        self,
        source: ClientEnd,
        sink: ServerEnd,
        heard: Callable[[], None],
        inspect: Inspect | None = None,
    ) -> None:
        self.ending: asyncio.Future[event_pb2.ChatEvent | None] = asyncio.get_running_loop().create_future()
        self.passed = 0
        self.content_bytes = 0  # of bare content, which `inspect` does not see
        self._source = source
        self._sink = sink
        self._heard = heard
        self._inspect = inspect
        sink.hurry()  # what came in one message leaves in one, without another rest
        source.on_event = self._pass
        source.on_change = sink.on_credit = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_event = self._source.on_change = None
        self._sink.on_credit = None

    def _pass(self, kind: int, data: bytes) -> bool:
        """Passes one event on. Returns False when the sink has no credit for it."""
        if self._inspect is None or kind == _CONTENT:
            passed = self._sink.forward(kind, data)
            if passed and kind == _CONTENT:
                self.content_bytes += len(data)
        else:
            passed = self._pass_inspected(self._inspect, kind, data)
        if passed:
            self._heard()
            self._source.taken(len(data) + EVENT_BYTES)
        self.passed += passed
        return passed

    def _pass_inspected(self, inspect: Inspect, kind: int, data: bytes) -> bool:
        if self.ending.done():
            return True  # it failed; the rest is dropped
        try:
            event = as_event(kind, data)
            if event.WhichOneof("payload") in _ENDINGS:
                raise CompetitorFailed("the peer sent an ending as another kind of event")
            wanted = inspect(event)
        except JanusError as error:
            self.ending.set_exception(error)
            return True
        return not wanted or self._sink.forward(kind, event.SerializeToString())

    def _flow(self) -> None:
        """Passes on what had to wait for credit, and looks for the ending."""
        source = self._source
        arrived = source.arrived
        count, passable = 0, source.before_ending
        while count < passable and self._pass(*arrived[count]):
            count += 1
        del arrived[:count]
        # After an orderly end the last event is the ending; a link that was lost leaves none.
        if source.ended and count == passable and not self.ending.done():
            self._settle()

    def _settle(self) -> None:
        source = self._source
        if source.failure is not None:
            self.ending.set_exception(source.failure)
        elif source.arrived:
            self.ending.set_result(as_event(*source.arrived.pop()))
        else:
            self.ending.set_result(None)
