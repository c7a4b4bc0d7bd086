"""The times of one answer, by the definitions that reports, scores and load figures share.

| figure | definition |
|---|---|
| TTFT | first content, reasoning or tool call, from the request |
| visible | first content, refusal or tool call, from the request; speed is scored by it |
| latency | end of the answer, from the request |
| ITL (TPOT) | (latency - TTFT) / (completion tokens - 1); chunks are no tokens, so it needs the usage |
| max gap | longest silence between two events that say something; keep-alives do not end it |
| max silence | longest time without any byte of the answer, from the request on; keep-alives end it |
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

SPOKEN = frozenset({"content", "reasoning", "tool_call", "refusal"})
VISIBLE = SPOKEN - {"reasoning"}


class Timed(Protocol):
    """An event, as far as timing looks at it."""

    @property
    def t(self) -> float: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds; None where the answer had no such thing."""

    ttft_s: float | None
    latency_s: float
    itl_s: float | None
    max_gap_s: float | None
    max_silence_s: float
    pings: int
    visible_s: float | None = None


def timing_of(events: Sequence[Timed], ended_at: float, completion_tokens: int | None) -> Timing:
    """Times of an answer whose events are in order of arrival."""
    ttft = next((event.t for event in events if event.kind in SPOKEN), None)
    itl = None
    if ttft is not None and completion_tokens is not None and completion_tokens > 1:
        itl = max(0.0, ended_at - ttft) / (completion_tokens - 1)
    heard = [event.t for event in events]
    return Timing(
        ttft_s=ttft,
        latency_s=round(ended_at, 6),
        itl_s=itl,
        max_gap_s=_longest(event.t for event in events if event.kind != "ping"),
        max_silence_s=_longest([0.0, *heard, ended_at]) or 0.0,
        pings=sum(event.kind == "ping" for event in events),
        visible_s=next((event.t for event in events if event.kind in VISIBLE), None),
    )


def _longest(times: Iterable[float]) -> float | None:
    return max((round(later - earlier, 6) for earlier, later in pairwise(times)), default=None)
