"""Passes the events of one link's exchange to another's without waking a task or decoding a payload."""

import asyncio
from collections.abc import Callable

from janus_proto._gen.janus.chat.v1 import event_pb2

from .client import EVENT_BYTES, ClientEnd, as_event
from .server import ServerEnd


class Splice:
    """Runs from construction until `ending` is there: a `finish`, an `error`, or what was raised.

    The ending itself is not passed on, because the one who forwards has something to do then. `heard`
    is called when events went through; `passed` counts them.
    """

    __slots__ = ("_heard", "_sink", "_source", "ending", "passed")

    def __init__(self, source: ClientEnd, sink: ServerEnd, heard: Callable[[], None]) -> None:
        self.ending: asyncio.Future[event_pb2.ChatEvent | None] = asyncio.get_running_loop().create_future()
        self.passed = 0
        self._source = source
        self._sink = sink
        self._heard = heard
        source.on_change = self._flow
        sink.on_credit = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_change = None
        self._sink.on_credit = None

    def _flow(self) -> None:
        source, sink = self._source, self._sink
        arrived = source.arrived
        count = size = 0
        passable = source.before_ending
        while count < passable and sink.has_credit:
            kind, data = arrived[count]
            sink.forward(kind, data)
            size += len(data) + EVENT_BYTES
            count += 1
        if count:
            del arrived[:count]
            self.passed += count
            self._heard()
            source.taken(size)
            sink.hurry()  # what came in one message leaves in one, without another rest
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
