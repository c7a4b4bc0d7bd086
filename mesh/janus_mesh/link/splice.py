"""Passes the events of one link's exchange to another's without waking a task or decoding a payload."""

import asyncio
from collections.abc import Callable

from janus_proto._gen.janus.chat.v1 import event_pb2

from .client import EVENT_BYTES, ClientEnd
from .server import ServerEnd


class Splice:
    """Runs from construction until `ending` is there: a `finish`, an `error`, or what was raised.

    The ending itself is not passed on, because the one who forwards has something to do then. `note`
    is told how many events have gone through.
    """

    def __init__(self, source: ClientEnd, sink: ServerEnd, note: Callable[[int], None]) -> None:
        self.ending: asyncio.Future[event_pb2.ChatEvent | None] = asyncio.get_running_loop().create_future()
        self._source = source
        self._sink = sink
        self._note = note
        source.on_change = self._flow
        sink.on_credit = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_change = None
        self._sink.on_credit = None

    def _flow(self) -> None:
        source, sink = self._source, self._sink
        arrived = source.arrived
        # After an orderly end the last event is the ending; a link that was lost leaves none.
        kept = 1 if source.ended and source.failure is None and arrived else 0
        passed = size = 0
        while len(arrived) > kept and sink.has_credit:
            event = arrived.popleft()
            sink.write_now(0, event)
            size += len(event) + EVENT_BYTES
            passed += 1
        if passed:
            self._note(passed)
            source.taken(size)
        if source.ended and len(arrived) == kept and not self.ending.done():
            self._settle(bool(kept))

    def _settle(self, orderly: bool) -> None:
        source = self._source
        if source.failure is not None:
            self.ending.set_exception(source.failure)
        else:
            ending = event_pb2.ChatEvent.FromString(source.arrived.popleft()) if orderly else None
            self.ending.set_result(ending)
