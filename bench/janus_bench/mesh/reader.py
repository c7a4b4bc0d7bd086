"""The client's view of one answer: every token counted, checked for order, and timed as it arrives."""

import math
from array import array
from dataclasses import dataclass, field
from typing import Literal

from . import wire

Ending = Literal["complete", "left", "cut", "failed"]


@dataclass(slots=True)
class Tally:
    """What the readers of one load write down together.

    Gaps and delays are kept for tokens that arrive in the steady state only (monotonic seconds), so
    that opening and closing do not colour them.
    """

    steady_from: float = math.inf
    steady_until: float = math.inf
    started: int = 0  # streams that had a token
    tokens: int = 0
    steady_tokens: int = 0
    pings: int = 0
    gaps: "array[float]" = field(default_factory=lambda: array("d"))
    delays: "array[float]" = field(default_factory=lambda: array("d"))  # from the mock's write to our read


class AnswerReader:
    """Reads one streamed answer that should hold `expected` tokens and end in `[DONE]`."""

    __slots__ = ("_expected", "_last_at", "_tail", "_tally", "done", "fault", "first_at", "sent_at", "tokens")

    def __init__(self, expected: int, tally: Tally) -> None:
        self.sent_at = 0.0
        self.first_at: float | None = None
        self.tokens = 0
        self.done = False
        self.fault = ""
        self._expected = expected
        self._tally = tally
        self._last_at = 0.0
        self._tail = b""

    def feed(self, data: bytes, now: float) -> None:
        """Takes in a piece of the body that arrived at `now`."""
        if self._tail:
            data = self._tail + data
        lines_end = data.rfind(b"\n") + 1
        self._tail = data[lines_end:]
        found = wire.TOKEN.findall(data, 0, lines_end)
        if found:
            self._take(found, now)
        elif not self.done:
            self._tally.pings += data.startswith(b":") + data.count(b"\n:", 0, lines_end)
            if b'"error"' in data:
                self._fail(f"error event: {data[:200].decode(errors='replace').strip()}")
        if self.tokens >= self._expected and wire.DONE in data:
            self.done = True

    def end(self) -> None:
        """The body is complete."""
        if not self.done:
            self._fail(f"ended after {self.tokens} of {self._expected} tokens, without [DONE]")
        elif self.tokens != self._expected:
            self._fail(f"{self.tokens} tokens instead of {self._expected}")

    def lost(self) -> None:
        """The connection closed before the body was complete."""
        self._fail(f"connection closed after {self.tokens} of {self._expected} tokens")

    def refused(self, status: int, body: bytes) -> None:
        """The response's status was not 200."""
        self._fail(f"status {status}: {body[:200].decode(errors='replace')}")

    def _take(self, found: list[tuple[bytes, bytes]], now: float) -> None:
        tally = self._tally
        due = self.tokens
        for index, _ in found:
            if int(index) != due:
                self._fail(f"token {int(index)} came where {due} was due")
                return
            due += 1
        count = len(found)
        tally.tokens += count
        if tally.steady_from <= now < tally.steady_until:
            tally.steady_tokens += count
            if self.tokens:
                tally.gaps.append(now - self._last_at)
            for _ in range(count - 1):
                tally.gaps.append(0.0)
            for _, stamp in found:
                tally.delays.append(now - int(stamp) / 1e6)
        if self.first_at is None:
            self.first_at = now
            tally.started += 1
        self.tokens = due
        self._last_at = now

    def _fail(self, fault: str) -> None:
        if not self.fault:
            self.fault = fault
