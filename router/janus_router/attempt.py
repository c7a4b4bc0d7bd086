"""One attempt of one request at one competitor: the place it holds, and what is learnt from it."""

import asyncio
import time
from types import TracebackType
from typing import Self

from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    CompetitorTimeout,
    JanusError,
    Unavailable,
)
from janus_proto._gen.janus.chat.v1 import event_pb2

from .competitor import Competitor
from .usage.audit import Source

# The kinds that count against the competitor. A verdict on the request, a deadline that the caller chose
# and a caller who left do not.
_OWN_FAULTS = (CompetitorFailed, CompetitorBusy, CompetitorTimeout, Unavailable)


class Attempt:
    """To be entered with a place at the competitor's gate taken; leaving gives it back.

    How the block is left tells the breaker and the meter how the competitor did.

    Args:
        competitor: where it goes.
        caller: opaque key of who asks, '' when unknown.
        counts: False for a further attempt of the same request at the same competitor, whose failure does
            not count against it again.
    """

    def __init__(self, competitor: Competitor, caller: str = "", *, counts: bool = True) -> None:
        self.competitor = competitor
        self._caller = caller
        self._counts = counts
        self.events = 0
        self.under_way = False  # the answer itself has begun; what comes now is more of it, and its ending
        self.ttft: float | None = None
        self.usage: event_pb2.Usage | None = None
        self.source: Source = "reported"  # of the tokens in `usage`
        self.cost_source: Source = "reported"
        self._finished = False
        self._started = time.monotonic()

    def note(self, event: event_pb2.ChatEvent) -> None:
        """Notes what an event says about the competitor.

        Called with every event until the answer is under way, and then with its `finish`.
        """
        if not self.events:
            self.competitor.responded(self._ticket)
        self.events += 1
        match event.WhichOneof("payload"):
            case "content" | "reasoning":
                self.ttft = self.ttft or self._elapsed()
                self.under_way = True
            case "tool_call" | "refusal":
                self.under_way = True
            case "finish":
                self._finished = True
                if event.finish.HasField("usage"):
                    self.usage = event.finish.usage

    @property
    def finished(self) -> bool:
        """True when the answer's `finish` was noted."""
        return self._finished

    def __enter__(self) -> Self:
        self._ticket = self.competitor.breaker.begin(self._caller)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        competitor = self.competitor
        if self._finished:
            end = "finish"
            competitor.breaker.succeeded(self._ticket)
        elif isinstance(error, JanusError):
            end = error.status.code  # not `error.code`, which the competitor may choose
            error.competitor_id = competitor.id
            self._judge(error)
        else:
            end = "cancelled" if isinstance(error, asyncio.CancelledError) else "internal_error"
            competitor.breaker.undecided(self._ticket)
        competitor.meter.attempt(end, self.ttft, self.usage, self.source, self.cost_source)
        competitor.gate.leave(self._elapsed())

    def _judge(self, error: JanusError) -> None:
        if self._counts and isinstance(error, _OWN_FAULTS):
            reached = bool(self.events) or not isinstance(error, Unavailable)
            self.competitor.failed(self._ticket, error, reached=reached)
        else:
            self.competitor.breaker.undecided(self._ticket)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started
