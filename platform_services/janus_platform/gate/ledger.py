"""All accounts: one for each attempt at a competitor, from its first call until its token is worth nothing.

The key is the attempt id that the router drew (`jti`), never the client's request id. Accounts live in this
process: they are of use for minutes. A second replica keeps accounts, and so budgets, of its own.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from janus_mesh import logs
from janus_mesh.errors import Overloaded
from janus_mesh.request_token import RequestToken

from .account import Account

# For what is still asked when the last token has just expired.
_KEPT_SECONDS = 60.0
_SWEEP_SECONDS = 10.0
# About 1 KB each. A new account is refused beyond it: to forget a closed one would open it again.
_MOST_ACCOUNTS = 100_000
# How long calls under way at a close may take to end by themselves, and then to end when cancelled.
_CLOSING_SECONDS = 1.0
_CANCELLING_SECONDS = 0.3

log = logs.get("egress")
# Told of an account that is being closed, before its figures are final.
CloseListener = Callable[[Account], None]


@dataclass
class _Kept:
    account: Account
    until: float  # monotonic
    closing: asyncio.Task[None] | None = None


@dataclass
class Ledger:
    """All accounts whose tokens may still be good.

    An account is forgotten when its token has expired by the wall clock, which tokens are judged by, and its
    lifetime has passed by the monotonic clock: after a jump of the wall clock no token meets a fresh budget.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    most: int = _MOST_ACCOUNTS
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    _listeners: list[CloseListener] = field(default_factory=list)
    _swept_at: float = 0.0

    def account(self, token: RequestToken) -> Account:
        """The account that a verified token names, opened with the first one. Raises `Overloaded`."""
        return self._find(token).account

    async def close(self, token: RequestToken) -> Account:
        """Closes the attempt's account: no call begins any more, what runs ends, the figures are final.

        Calls under way may end by themselves for 1 s and are cancelled then. Closing again changes nothing.
        """
        kept = self._find(token)
        kept.account.closed = True
        if kept.closing is None:
            kept.closing = asyncio.create_task(self._close(kept.account))
        await asyncio.shield(kept.closing)  # a router that leaves does not stop it
        return kept.account

    def at_close(self, listener: CloseListener) -> None:
        """Has a listener called for each account that is closed."""
        self._listeners.append(listener)

    def __len__(self) -> int:
        return len(self._kept)

    async def _close(self, account: Account) -> None:
        if not await account.settled(_CLOSING_SECONDS):
            account.end_calls()
            if not await account.settled(_CANCELLING_SECONDS):
                log.error("calls do not end", attempt_id=account.attempt_id, live=account.live)
        for listener in self._listeners:
            listener(account)
        account.seal()

    def _find(self, token: RequestToken) -> _Kept:
        self._sweep()
        key = token.competitor, token.attempt_id
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= self.most:
                raise Overloaded("too many requests are under way", retry_after=_SWEEP_SECONDS)
            account = Account(*key, token.request_id, token.budget_usd, token.expires_at)
            kept = self._kept[key] = _Kept(account, 0.0)
        account = kept.account
        account.expires_at = max(account.expires_at, token.expires_at)
        lifetime = max(0.0, token.expires_at - self.wall()) + _KEPT_SECONDS
        kept.until = max(kept.until, self.monotonic() + lifetime)
        return kept

    def _sweep(self) -> None:
        now = self.monotonic()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        expired_before = self.wall() - _KEPT_SECONDS
        self._kept = {
            key: kept
            for key, kept in self._kept.items()
            if kept.account.live or kept.until > now or kept.account.expires_at > expired_before
        }
