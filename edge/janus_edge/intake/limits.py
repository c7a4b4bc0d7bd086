"""Limits on chats per caller: requests and tokens per minute, and streams at once.

A caller is an API key where keys are needed, else a client's network. Requests are counted when they are
admitted. Tokens are counted from the usage when an answer ends, so that a caller may exceed the limit by
what its live streams use; their number is limited, and what was used too much is owed.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter as Metric

from janus_mesh.errors import RateLimited

from .token_bucket import Buckets, Level

REFUSED = Metric("janus_edge_rate_limited_total", "Chats that were refused, by limit.", ["limit"])
_STREAMS_RETRY_AFTER_SECONDS: Final = 1.0

# For browsers, which see only headers that are named to them.
RATE_LIMIT_HEADERS: Final = tuple(
    f"x-ratelimit-{what}-{unit}"
    for unit in ("requests", "tokens")
    for what in ("limit", "remaining", "reset")
)

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """The limits of each caller; 0 is no limit."""

    requests_per_minute: int
    tokens_per_minute: int
    streams: int


class Limiter:
    """Admits chats. One per process: replicas of the edge count apart."""

    def __init__(self, limits: ChatLimits) -> None:
        self._streams = limits.streams
        self._live: Counter[str] = Counter()
        self._requests = Buckets(limits.requests_per_minute) if limits.requests_per_minute else None
        self._tokens = Buckets(limits.tokens_per_minute) if limits.tokens_per_minute else None

    @contextmanager
    def admit(self, caller: str, headers: Headers) -> Iterator["Admitted"]:
        """Counts one chat of this caller for as long as the block lasts.

        Args:
            caller: the key to count by; empty for a caller without limits.
            headers: gets OpenAI's `x-ratelimit-*`, also when the chat is refused.

        Raises:
            RateLimited: `retry_after` says when there is room again.
        """
        if not caller:
            yield Admitted(None, "")
            return
        try:
            self._require_room(caller)
            if self._requests is not None:
                self._requests.take(caller, 1)
        finally:
            self._tell(caller, headers)
        self._live[caller] += 1
        try:
            yield Admitted(self._tokens, caller)
        finally:
            self._live[caller] -= 1
            if not self._live[caller]:
                del self._live[caller]

    def _require_room(self, caller: str) -> None:
        if self._streams and self._live[caller] >= self._streams:
            REFUSED.labels("streams").inc()
            raise RateLimited(
                f"this caller has its limit of {self._streams} chats at once",
                retry_after=_STREAMS_RETRY_AFTER_SECONDS,
            )
        for unit, buckets in (("requests", self._requests), ("tokens", self._tokens)):
            if buckets is None:
                continue
            level = buckets.level(caller)
            if not level.remaining:
                REFUSED.labels(unit).inc()
                raise RateLimited(
                    f"this caller has used its limit of {level.limit} {unit} per minute; "
                    f"try again in {duration(level.next_unit)}",
                    retry_after=max(level.next_unit, 0.001),
                )

    def _tell(self, caller: str, headers: Headers) -> None:
        for unit, buckets in ((b"requests", self._requests), (b"tokens", self._tokens)):
            if buckets is not None:
                headers += _level_headers(unit, buckets.level(caller))


class Admitted:
    """One chat that counts."""

    def __init__(self, tokens: Buckets | None, caller: str) -> None:
        self._tokens = tokens
        self._caller = caller

    def used(self, tokens: int) -> None:
        """Counts the tokens of the answer."""
        if self._tokens is not None and tokens > 0:
            self._tokens.take(self._caller, tokens)


def _level_headers(unit: bytes, level: Level) -> Headers:
    return [
        (b"x-ratelimit-limit-" + unit, str(level.limit).encode()),
        (b"x-ratelimit-remaining-" + unit, str(level.remaining).encode()),
        (b"x-ratelimit-reset-" + unit, duration(level.reset).encode()),
    ]


def duration(seconds: float) -> str:
    """A duration as OpenAI writes it: `120ms`, `1.5s`, `6m0s`."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(round(seconds, 2), 60)
    text = f"{rest:.2f}".rstrip("0").rstrip(".")
    return f"{int(minutes)}m{text}s" if minutes else f"{text}s"
