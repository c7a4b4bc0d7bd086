"""What became of one request under load, and the lean reader that finds out."""

from dataclasses import dataclass

import orjson

from janus_bench.quality.json_shapes import count, items, member, text
from janus_mesh.errors import JanusError
from janus_proto._gen.janus.chat.v1 import chat_pb2

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 4096
_SPOKEN_EVENTS = frozenset({"content", "reasoning", "tool_call"})
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


class Timed:
    """What either transport's reader finds out, in monotonic seconds."""

    __slots__ = ("ended_at", "events", "failure", "first_at", "sent_at", "tokens")

    def __init__(self) -> None:
        self.sent_at = 0.0
        self.first_at: float | None = None
        self.ended_at = 0.0
        self.tokens: int | None = None
        self.events = 0
        self.failure: str | None = None

    def reading(self, intended_at: float, now: float) -> Reading:
        """The request, over `now`, that should have left at `intended_at`."""
        return Reading(
            intended_at=intended_at,
            sent_at=self.sent_at or now,
            first_at=self.first_at,
            ended_at=self.ended_at if self.failure is None else now,
            tokens=self.tokens,
            events=self.events,
            failure=self.failure,
        )


class LoadReader(Timed):
    """A `BodyReader` that parses an answer's beginning and its end, and only counts between them."""

    __slots__ = ("_head", "_tail")

    def __init__(self) -> None:
        super().__init__()
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


class ChatEventLoadReader(Timed):
    """A `CallReader` that looks for the first thing said and for the finish, and only counts between them."""

    __slots__ = ("_ended",)

    def __init__(self) -> None:
        super().__init__()
        self._ended = False

    def feed(self, message: bytes, now: float) -> None:
        self.events += 1
        event = chat_pb2.ChatServiceChatResponse.FromString(message).event
        said = event.WhichOneof("payload")
        if self.first_at is None and said in _SPOKEN_EVENTS:
            self.first_at = now
        elif said == "finish":
            self.tokens = event.finish.usage.completion_tokens or None
        elif said == "error":
            self.failure = self.failure or JanusError.from_proto(event.error).code
        if not self._ended:
            self.ended_at = now
            self._ended = said in ("finish", "error")

    def end(self, status: int, details: str) -> None:  # noqa: ARG002  # the reader's interface
        if not self._ended and self.failure is None:
            self.failure = f"grpc_{status}" if status else "stream_cut"

    def lost(self) -> None:
        if not self._ended:
            self.failure = self.failure or "connection_lost"

    def refused(self, status: int, body: bytes) -> None:  # noqa: ARG002  # the reader's interface
        self.failure = f"http_{status}"


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
