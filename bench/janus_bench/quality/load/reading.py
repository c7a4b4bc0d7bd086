"""What became of one request under load, and the lean reader that finds out."""

from dataclasses import dataclass

import orjson

from janus_bench.quality.json_shapes import count, items, member, text

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 4096
_SPOKEN = ("content", "reasoning_content", "reasoning", "tool_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One request. Times in monotonic seconds; what it did not get to is None."""

    intended_at: float
    sent_at: float
    first_at: float | None
    ended_at: float
    tokens: int | None
    events: int
    failure: str | None

    @property
    def ttft(self) -> float | None:
        """From when it should have left."""
        return None if self.first_at is None else self.first_at - self.intended_at

    @property
    def latency(self) -> float:
        return self.ended_at - self.intended_at

    @property
    def itl(self) -> float | None:
        if self.first_at is None or self.tokens is None or self.tokens < 2:
            return None
        return (self.ended_at - self.first_at) / (self.tokens - 1)


class LoadReader:
    """A `BodyReader` that parses an answer's beginning and its end, and only counts between them."""

    __slots__ = ("_head", "_tail", "ended_at", "events", "failure", "first_at", "sent_at", "tokens")

    def __init__(self) -> None:
        self.sent_at = 0.0
        self.first_at: float | None = None
        self.ended_at = 0.0
        self.tokens: int | None = None
        self.events = 0
        self.failure: str | None = None
        self._head = b""
        self._tail = b""

    def feed(self, data: bytes, now: float) -> None:
        self.ended_at = now
        self.events += data.count(b"data: ")
        if self.first_at is None:
            self._look(data, now)
        self._tail = data[-_TAIL_BYTES:] if len(data) >= _TAIL_BYTES else (self._tail + data)[-_TAIL_BYTES:]

    def end(self) -> None:
        done = False
        for line in self._tail.split(b"\n"):
            if not line.startswith(b"data: "):
                continue
            if line.startswith(b"data: [DONE]"):
                done = True
                continue
            told = _parsed(line)
            self.tokens = count(member(told, "usage"), "completion_tokens") or self.tokens
            if member(told, "error") is not None:
                self.failure = text(member(told, "error"), "code") or "error_event"
        if not done and self.failure is None:
            self.failure = "stream_cut"

    def lost(self) -> None:
        self.failure = self.failure or "connection_lost"

    def refused(self, status: int, body: bytes) -> None:  # noqa: ARG002  # the reader's interface
        self.failure = f"http_{status}"

    def _look(self, data: bytes, now: float) -> None:
        """Looks for the first thing said, in whole lines."""
        self._head += data
        *lines, self._head = self._head.split(b"\n")
        if any(_speaks(line) for line in lines if line.startswith(b"data: {")):
            self.first_at = now
            self._head = b""
        self._head = self._head[-_HEAD_BYTES:]


def _speaks(line: bytes) -> bool:
    for choice in items(_parsed(line), "choices"):
        delta = member(choice, "delta")
        if any(member(delta, name) for name in _SPOKEN):
            return True
    return False


def _parsed(line: bytes) -> object:
    try:
        told: object = orjson.loads(line[6:])
    except orjson.JSONDecodeError:
        return None
    return told
