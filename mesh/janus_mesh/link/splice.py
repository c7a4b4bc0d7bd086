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
        sink.hurry()  # what came in one message leaves in one, without another rest
        source.on_event = self._pass
        source.on_change = sink.on_credit = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_event = self._source.on_change = None
        self._sink.on_credit = None

    def _pass(self, kind: int, data: bytes) -> bool:
        if not self._sink.forward(kind, data):
            return False
        self.passed += 1
        self._heard()
        self._source.taken(len(data) + EVENT_BYTES)
        return True

    def _flow(self) -> None:
        """Passes on what had to wait for credit, and sees to the ending."""
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
