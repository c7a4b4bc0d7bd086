"""Something to tell a caller that need not travel alone.

It goes with the next event, or by itself when that is long in coming: a message of its own costs as much
as one with many events.
"""

import asyncio
from types import TracebackType
from typing import Self

import janus_mesh as mesh
from janus_proto._gen.janus.chat.v1 import event_pb2

_LONGEST_WAIT_SECONDS = 0.05


class Announcement:
    """To be entered; however the block is left but by a cancellation, the event has been sent then."""

    def __init__(self, exchange: mesh.Exchange, event: event_pb2.ChatEvent) -> None:
        self._exchange = exchange
        self._event = event
        self._told = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LONGEST_WAIT_SECONDS, self._overdue)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not isinstance(error, asyncio.CancelledError):
            await self.told()

    async def told(self) -> None:
        """Sends it, unless that is done: to be called before the next event is sent."""
        if not self._told:
            self._told = True
            self._timer.cancel()
            await self._exchange.send(self._event)

    def _overdue(self) -> None:
        self._told = self._told or self._exchange.offer(self._event)
