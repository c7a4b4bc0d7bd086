"""The running figures of one attempt at a competitor, and the calls that are under way on it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from janus_mesh import logs
from janus_mesh.errors import RateLimited

from .errors import BudgetSpent, TokenClosed

# A call is charged when it ends, so what is under way at once is what a budget can be overdrawn by.
_MOST_LIVE = 32

log = logs.get("egress")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one call of a generating model took. `cached` and `cache_written` are part of `prompt`."""

    prompt: int
    completion: int
    cached: int = 0  # read from the provider's cache
    cache_written: int = 0
    estimated: bool = False  # the provider did not say, or was not let finish


@dataclass(eq=False)
class Account:
    """One attempt: what it took so far. `expires_at` is the token's, seconds since 1970 (UTC)."""

    competitor: str
    attempt_id: str
    request_id: str
    budget_usd: float
    expires_at: float
    calls: int = 0
    inference_calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    embedding_tokens: int = 0
    estimated: bool = False
    cost_usd: float = 0.0
    sandbox_seconds: float = 0.0
    bytes_sent: int = 0
    bytes_received: int = 0
    live: int = 0
    closed: bool = False  # no call may begin any more
    _final: bool = field(default=False, repr=False)
    _idle: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _leashes: set[asyncio.Timeout] = field(default_factory=set, repr=False)

    @property
    def spent(self) -> bool:
        """Whether nothing more may be done on this account."""
        return self.closed or self.cost_usd >= self.budget_usd

    def check_open(self) -> None:
        """Raises `TokenClosed` once the attempt is closed."""
        if self.closed:
            raise TokenClosed("the attempt that this token was made for is closed")

    def enter(self) -> None:
        """Begins a call. Raises `TokenClosed`, `BudgetSpent` when nothing is left for it, `RateLimited`."""
        self.check_open()
        if self.cost_usd >= self.budget_usd:
            raise BudgetSpent(
                f"the request has spent its budget: {self.cost_usd:.6f} of {self.budget_usd:.6f} US dollars"
            )
        if self.live >= _MOST_LIVE:
            raise RateLimited(f"more than {_MOST_LIVE} calls at once for one request", retry_after=1.0)
        self.calls += 1
        self.live += 1
        self._idle.clear()

    def leave(self) -> None:
        """Ends a call that `enter` began."""
        self.live -= 1
        if not self.live:
            self._idle.set()

    @contextmanager
    def leash(self) -> Iterator[asyncio.Timeout]:
        """A timeout for one call's work, without a limit until `end_calls`."""
        leash = asyncio.timeout(None)
        self._leashes.add(leash)
        try:
            yield leash
        finally:
            self._leashes.discard(leash)

    def end_calls(self) -> None:
        """Cancels the work of every call that is under way."""
        now = asyncio.get_running_loop().time()
        for leash in list(self._leashes):
            if not leash.expired():
                leash.reschedule(now)

    async def settled(self, seconds: float) -> bool:
        """Waits at most this long until no call is under way; returns whether none is."""
        if self.live:
            try:
                async with asyncio.timeout(seconds):
                    await self._idle.wait()
            except TimeoutError:
                return False
        return True

    def seal(self) -> None:
        """Makes the figures final: what is charged later is logged and not counted."""
        self._final = True

    def count_tokens(self, tokens: Tokens) -> None:
        """Adds the tokens of one call of a generating model."""
        if self._sealed():
            return
        self.inference_calls += 1
        self.prompt_tokens += tokens.prompt
        self.cached_tokens += tokens.cached
        self.completion_tokens += tokens.completion
        self.estimated |= tokens.estimated

    def count_embedded(self, tokens: int) -> None:
        """Adds the tokens of one call of an embedding model."""
        if not self._sealed():
            self.embedding_tokens += tokens

    def charge(
        self,
        cost_usd: float,
        *,
        sandbox_seconds: float = 0.0,
        bytes_sent: int = 0,
        bytes_received: int = 0,
    ) -> None:
        """Adds costs and what they were for."""
        if self._sealed():
            return
        self.cost_usd += cost_usd
        self.sandbox_seconds += sandbox_seconds
        self.bytes_sent += bytes_sent
        self.bytes_received += bytes_received

    def _sealed(self) -> bool:
        if self._final:
            log.warning("not charged: the account is closed", attempt_id=self.attempt_id)
        return self._final

    def body(self) -> dict[str, object]:
        """As `GET /v1/usage` shows it."""
        return {
            "attempt_id": self.attempt_id,
            "request_id": self.request_id,
            "competitor": self.competitor,
            "closed": self.closed,
            "calls": self.calls,
            "inference_calls": self.inference_calls,
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "embedding_tokens": self.embedding_tokens,
            "estimated": self.estimated,
            "cost_usd": round(self.cost_usd, 9),
            "budget_usd": self.budget_usd,
            "sandbox_seconds": round(self.sandbox_seconds, 3),
            "bytes_sent": self.bytes_sent,
            "bytes_received": self.bytes_received,
            "live_calls": self.live,
        }
