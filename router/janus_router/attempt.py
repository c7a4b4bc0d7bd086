"""One try of one exchange at one competitor: the place it holds, and what is learnt from it."""

import asyncio
import time
from types import TracebackType
from typing import Self

from janus_mesh.errors import (
    CompetitorFailed,
    CompetitorTimeout,
    Internal,
    JanusError,
    Unavailable,
)
from janus_proto._gen.janus.chat.v1 import event_pb2

from .competitor import Competitor

# The kinds that say the competitor itself is broken. A busy one, a refusal, a deadline that the caller
# chose and a caller who left say nothing of that kind.
_OWN_FAULTS = (CompetitorFailed, CompetitorTimeout, Internal, Unavailable)


class Attempt:
    """To be entered with a place at the competitor's gate taken; leaving gives it back.

    How the block is left tells the breaker and the meter how the competitor did.
    """

    def __init__(self, competitor: Competitor) -> None:
        self.competitor = competitor
        self.events = 0
        self.under_way = False  # the answer itself has begun; what comes now is more of it, and its ending
        self.ttft: float | None = None
        self.usage: event_pb2.Usage | None = None
        self._finished = False
        self._started = time.monotonic()

    def note(self, event: event_pb2.ChatEvent) -> None:
        """Takes down what an event says of the competitor.

        To be told every event until the answer is under way, and then its `finish`.
        """
        if not self.events:
            self.competitor.responded(self._token)
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

    def __enter__(self) -> Self:
        self._token = self.competitor.breaker.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        competitor = self.competitor
        if self._finished:
            end = "finish"
            competitor.breaker.succeeded(self._token)
        elif isinstance(error, JanusError):
            end = error.status.code  # not `error.code`, which the competitor may choose
            error.competitor_id = competitor.id
            self._judge(error)
        else:
            end = "cancelled" if isinstance(error, asyncio.CancelledError) else "internal_error"
            competitor.breaker.undecided(self._token)
        competitor.meter.attempt(end, self.ttft, self.usage)
        competitor.gate.leave(self._elapsed())

    def _judge(self, error: JanusError) -> None:
        if isinstance(error, _OWN_FAULTS):
            reached = bool(self.events) or not isinstance(error, Unavailable)
            self.competitor.failed(self._token, error.message, reached=reached)
        else:
            self.competitor.breaker.undecided(self._token)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started
