"""What was metered, by request: one account for each competitor and request, while its tokens are good.

Accounts live in this process: they are of use for minutes, and the router asks for them once, at the end
of the exchange. A second replica keeps accounts, and so budgets, of its own.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from janus_mesh.errors import RateLimited
from janus_mesh.request_token import RequestToken

from .errors import BudgetSpent

# For what is still asked when the last token has just expired.
_KEPT_SECONDS = 60.0
_SWEEP_SECONDS = 10.0
# A call is charged when it ends, so what is under way at once is what a budget can be overdrawn by.
_MOST_LIVE = 32


@dataclass
class Account:
    """The running figures of one request at one competitor."""

    competitor: str
    request_id: str
    budget_usd: float
    expires_at: float
    calls: int = 0
    inference_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    embedding_tokens: int = 0
    estimated: bool = False
    cost_usd: float = 0.0
    sandbox_seconds: float = 0.0
    bytes_sent: int = 0
    bytes_received: int = 0
    live: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def enter(self) -> None:
        """Begins a call. Raises `BudgetSpent` when there is nothing left for it, and `RateLimited`."""
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
        self.live -= 1
        if not self.live:
            self._idle.set()

    async def settled(self, seconds: float) -> bool:
        """Waits until no call is under way, but not for longer than this; returns whether none is."""
        if self.live:
            try:
                async with asyncio.timeout(seconds):
                    await self._idle.wait()
            except TimeoutError:
                return False
        return True

    def body(self) -> dict[str, object]:
        """As `GET /v1/usage` shows it."""
        return {
            "request_id": self.request_id,
            "competitor": self.competitor,
            "calls": self.calls,
            "inference_calls": self.inference_calls,
            "prompt_tokens": self.prompt_tokens,
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


class Ledger:
    """All accounts whose tokens are still good."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._accounts: dict[tuple[str, str], Account] = {}
        self._swept_at = clock()

    def account(self, token: RequestToken) -> Account:
        """The account that a verified token names, opened with the first one."""
        self._sweep()
        key = token.competitor, token.attempt_id
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(
                token.competitor, token.request_id or token.attempt_id, token.budget_usd, token.expires_at
            )
        account.expires_at = max(account.expires_at, token.expires_at)
        return account

    def __len__(self) -> int:
        return len(self._accounts)

    def _sweep(self) -> None:
        now = self._clock()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        kept = self._accounts.items()
        self._accounts = {
            key: account for key, account in kept if account.live or account.expires_at + _KEPT_SECONDS > now
        }
