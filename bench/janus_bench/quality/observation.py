"""What one exchange looked like from outside: its answer, every event with its time, usage and cost.

Both runners fill an `Answering` from what their wire brings, so that the same answer gives the same
record over HTTP and over gRPC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from .json_shapes import member
from .task import Answer, ArtifactBytes, Failure, ToolCall
from .timing import Timing, timing_of

EventKind = Literal[
    "content", "reasoning", "refusal", "tool_call", "artifact", "step", "usage", "ping", "finish", "error"
]


# What `usage.janus.source` says: only `metered` figures are proven, the others are claims or estimates.
Source = Literal["metered", "estimated", "reported"]


def source_in(extra: object) -> Source | None:
    """The `janus.source` of a usage object, if it has one."""
    source = member(member(extra, "janus"), "source")
    return source if source in get_args(Source) else None


class Event(NamedTuple):
    """Something that arrived: seconds since the request was sent, what it was, and its length in bytes."""

    t: float
    kind: EventKind
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the answer took, as the target metered it; None where it said nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    sandbox_seconds: float | None = None
    source: Source | None = None  # who counted it; None where the target did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactLink:
    """A file that the answer named, not fetched yet."""

    name: str
    mime_type: str
    sha256: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One finished exchange."""

    answer: Answer
    sent_at: float  # when its times begin, in monotonic seconds
    events: tuple[Event, ...]
    timing: Timing
    usage: Usage | None
    competitor_id: str = ""  # who answered; empty where nobody said


@dataclass(slots=True)
class _Call:
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Answering:
    """An answer as it comes together. Only the first choice counts: suites ask for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.links: list[ArtifactLink] = []
        self.usage: Usage | None = None
        self.competitor_id = ""  # as the route event names it
        self.finish_reason: str | None = None
        self.failure: Failure | None = None
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, _Call] = {}

    def note(self, t: float, kind: EventKind, size: int = 0) -> None:
        self.events.append(Event(round(t, 6), kind, size))

    def say(self, t: float, kind: Literal["content", "reasoning", "refusal"], text: str) -> None:
        if text:
            {"content": self._content, "reasoning": self._reasoning, "refusal": self._refusal}[kind].append(
                text
            )
            self.note(t, kind, len(text.encode(errors="replace")))

    def call(self, t: float, index: int, name: str, arguments: str) -> None:
        """More of the tool call `index`."""
        call = self._calls.setdefault(index, _Call())
        call.name += name
        call.arguments.append(arguments)
        self.note(t, "tool_call", len(name) + len(arguments))

    def attach(self, t: float, link: ArtifactLink) -> None:
        self.links.append(link)
        self.note(t, "artifact", link.size_bytes)

    def finish(self, t: float, reason: str) -> None:
        self.finish_reason = reason
        self.note(t, "finish")

    def fail(self, t: float, failure: Failure) -> None:
        """The first failure is the one that counts."""
        if self.failure is None:
            self.failure = failure
            self.note(t, "error")

    def observed(
        self, sent_at: float, ended_at: float, artifacts: Sequence[ArtifactBytes] = ()
    ) -> Observation:
        """The record of it: sent at `sent_at` in monotonic seconds, over `ended_at` seconds later."""
        calls = [self._calls[index] for index in sorted(self._calls)]
        answer = Answer(
            content="".join(self._content) or "".join(self._refusal),
            reasoning="".join(self._reasoning),
            tool_calls=tuple(ToolCall(name=call.name, arguments="".join(call.arguments)) for call in calls),
            artifacts=tuple(artifacts),
            finish_reason=self.finish_reason,
            failure=self.failure,
        )
        tokens = self.usage.completion_tokens if self.usage else None
        return Observation(
            answer=answer,
            sent_at=sent_at,
            events=tuple(self.events),
            timing=timing_of(self.events, ended_at, tokens),
            usage=self.usage,
            competitor_id=self.competitor_id,
        )
