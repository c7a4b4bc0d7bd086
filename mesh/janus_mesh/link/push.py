"""Hands the events of one exchange to a callback as they arrive, without waking a task."""

import asyncio
from collections.abc import Callable

from .client_end import ClientEnd
from .events import Said

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
                if said := source.said(count):
                    going = self._take(said)
            except Exception as error:  # noqa: BLE001  # raised again in the task that waits
                if not self.stopped.done():
                    self.stopped.set_exception(error)
                return
        # An event that could not be read has ended the source, which called this again.
        if (source.ended or not going) and not self.stopped.done():
            self.stopped.set_result(None)
