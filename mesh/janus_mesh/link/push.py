"""Hands the events of one exchange to a callback as they arrive, without waking a task."""

import asyncio
from collections.abc import Callable
from itertools import starmap

from janus_proto._gen.janus.chat.v1 import event_pb2

from .client import ClientEnd, as_said

# A `str` is a content delta of choice 0 and nothing more.
Said = event_pb2.ChatEvent | str
Take = Callable[[list[Said]], bool]


class Push:
    """Runs from construction until `stopped`: `take` returned False, or only the ending is left, if any."""

    __slots__ = ("_heard", "_source", "_take", "stopped")

    def __init__(self, source: ClientEnd, take: Take, heard: Callable[[], None]) -> None:
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._source = source
        self._take = take
        self._heard = heard
        source.on_change = self._flow
        self._flow()

    def close(self) -> None:
        self._source.on_change = None

    def _flow(self) -> None:
        if self.stopped.done():
            return
        source = self._source
        going = True
        if count := source.before_ending:
            self._heard()
            try:
                going = self._take(list(starmap(as_said, source.take(count))))
            except Exception as error:  # noqa: BLE001  # raised again in the task that waits
                self.stopped.set_exception(error)
                return
        if source.ended or not going:
            self.stopped.set_result(None)
