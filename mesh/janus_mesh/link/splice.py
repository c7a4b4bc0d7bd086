"""Passes the events of one link's exchange to another's without waking a task.

Bare content is passed on as bytes that were found to be UTF-8. Every other event is decoded, checked against
its kind, and shown to `inspect` if there is one.
"""

import asyncio
from collections.abc import Callable

from janus_mesh.answer_limits import AnswerLimits
from janus_proto._gen.janus.chat.v1 import event_pb2

from .client_end import ClientEnd
from .events import CONTENT, EVENT_BYTES, as_event, check_content
from .server_end import ServerEnd

# Changes an event in place. Returns False when it must not be passed on.
Inspect = Callable[[event_pb2.ChatEvent], bool]


class Splice:
    """Runs from construction until `ending` is there: a `finish`, an `error`, or what was raised.

    The ending itself is not passed on, because the caller has something to do then. `heard` is called when
    events went through; `passed` counts them. What `inspect` raises ends it too. `limits` counts bare
    content; the other events are for `inspect` to count.
    """

    __slots__ = ("_heard", "_inspect", "_limits", "_sink", "_source", "content_bytes", "ending", "passed")

    def __init__(
        self,
        source: ClientEnd,
        sink: ServerEnd,
        heard: Callable[[], None],
        inspect: Inspect | None = None,
        limits: AnswerLimits | None = None,
    ) -> None:
        self.ending: asyncio.Future[event_pb2.ChatEvent | None] = asyncio.get_running_loop().create_future()
        self.passed = 0
        self.content_bytes = 0  # of bare content, which `inspect` does not see
        self._source = source
        self._sink = sink
        self._heard = heard
        self._inspect = inspect
        self._limits = limits
        sink.hurry()  # what came in one message leaves in one, without another rest
        source.on_event = self._pass
        source.on_change = sink.on_credit = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_event = self._source.on_change = None
        self._sink.on_credit = None

    def _pass(self, kind: int, data: bytes) -> bool:
        """Passes one event on. Returns False when the sink has no credit for it, or it ended the splice."""
        try:
            if kind == CONTENT:
                if not data.isascii():
                    check_content(data)
                if not self._sink.forward(kind, data):
                    return False
                self.content_bytes += len(data)
                if self._limits is not None:
                    self._limits.count(len(data))
            elif not self._pass_inspected(kind, data):
                return False
        except Exception as error:  # noqa: BLE001  # raised again in the task that waits; others share the link
            self.close()
            if not self.ending.done():  # the waiting task may have been cancelled
                self.ending.set_exception(error)
            return False
        self._heard()
        self._source.taken(len(data) + EVENT_BYTES)
        self.passed += 1
        return True

    def _pass_inspected(self, kind: int, data: bytes) -> bool:
        if not self._sink.ready:  # asked first, so that each event is inspected once
            return False
        event = as_event(kind, data)
        if self._inspect is None:
            return self._sink.forward(kind, data)
        return not self._inspect(event) or self._sink.forward(kind, event.SerializeToString())

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
