"""Idle timeouts of a competitor's answer, with one timer per stream that is rescheduled lazily.

    async with Silence(first_event=60.0, gap=120.0) as silence:
        ...
        silence.heard()           # an event came
        silence.interrupted()     # the reader is slow: this time is not the competitor's silence
        ...
        silence.resumed()         # the competitor is waited for again

Noting an event is an assignment; the timer looks at the clock only when it fires.
"""

import asyncio
from types import TracebackType
from typing import Self

from janus_mesh.errors import CompetitorTimeout


class Silence:
    """Ends its block with `CompetitorTimeout` when a silence lasts too long (seconds)."""

    __slots__ = ("_gap", "_heard", "_limit", "_listening", "_loop", "_since", "_timeout", "_timer")

    def __init__(self, first_event: float, gap: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._gap = gap
        self._limit = first_event
        self._heard = False
        self._listening = True
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._since = self._loop.time()
        self._timer = self._loop.call_at(self._since + self._limit, self._look)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise self._timed_out() from None

    def heard(self) -> None:
        """An event came: restarts the idle timeout."""
        self._since = self._loop.time()
        if not self._heard:
            self._heard = True
            self._limit = self._gap
            self._timer.cancel()
            self._timer = self._loop.call_at(self._since + self._limit, self._look)

    def interrupted(self) -> None:
        """Suspends the timeout, while events wait for their reader."""
        self._listening = False

    def resumed(self) -> None:
        """Restarts the timeout after `interrupted`."""
        self._listening = True
        self._since = self._loop.time()

    def _timed_out(self) -> CompetitorTimeout:
        which = "next" if self._heard else "first"
        return CompetitorTimeout(
            f"the competitor was silent: the {which} event did not come within {self._limit:g} s"
        )

    def _look(self) -> None:
        now = self._loop.time()
        since = self._since if self._listening else now
        if now - since < self._limit:
            self._timer = self._loop.call_at(since + self._limit, self._look)
        else:
            self._timeout.reschedule(now)
