"""Whose each sandbox is, and what its time costs: charged by the second while it lives."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from janus_mesh import logs
from janus_mesh.errors import JanusError, NotFound
from janus_platform.gate.caller import Caller
from janus_platform.gate.ledger import Account
from janus_platform.gate.prices import Prices

_TICK_SECONDS = 1.0
# How often it is asked whether a sandbox still lives, for those that end without being told to.
_LOOK_SECONDS = 10.0

log = logs.get("egress")

# Whether a sandbox still lives; and ending one.
Look = Callable[[str], Awaitable[bool]]
End = Callable[[str], Awaitable[None]]


@dataclass
class Holding:
    """One sandbox of one caller. Times are on the monotonic clock, seconds."""

    id: str
    owner: Caller
    account: Account | None
    url: str  # of its file server
    began: float = field(default_factory=time.monotonic)
    charged_until: float = field(default_factory=time.monotonic)
    looked_at: float = field(default_factory=time.monotonic)
    cost_usd: float = 0.0


class Holdings:
    """All sandboxes that were made through this proxy and live, as far as it knows."""

    def __init__(self, prices: Prices, place: str) -> None:
        self._prices = prices
        self._place = place
        self._held: dict[str, Holding] = {}

    def add(self, holding: Holding) -> None:
        self._held[holding.id] = holding

    def of(self, identity: str) -> Iterable[Holding]:
        return [holding for holding in self._held.values() if holding.owner.identity == identity]

    def find(self, sandbox_id: str, identity: str) -> Holding:
        """A caller's own sandbox. Raises `NotFound` also for those of others."""
        holding = self._held.get(sandbox_id)
        if holding is None or holding.owner.identity != identity:
            raise NotFound(f"there is no sandbox {sandbox_id[:80]!r}", code="sandbox_not_found")
        return holding

    def release(self, sandbox_id: str, reason: str) -> None:
        """Stops the clock and writes the sandbox's last line; harmless when it was done before."""
        holding = self._held.pop(sandbox_id, None)
        if holding is None:
            return
        self.charge(holding)
        log.info(
            "egress",
            service_called="sandbox time",
            identity=holding.owner.identity,
            request_id=holding.owner.request_id,
            destination=self._place,
            verdict=reason,
            sandbox_id=holding.id,
            sandbox_seconds=round(holding.charged_until - holding.began, 3),
            cost_usd=round(holding.cost_usd, 9),
        )

    def charge(self, holding: Holding) -> None:
        """Charges the time since the last charge."""
        now = time.monotonic()
        seconds, holding.charged_until = now - holding.charged_until, now
        cost = seconds * self._prices.sandbox.per_second
        holding.cost_usd += cost
        if holding.account is not None:
            holding.account.sandbox_seconds += seconds
            holding.account.cost_usd += cost

    async def keep_charging(self, lives: Look, end: End) -> None:
        """Charges until cancelled; ends sandboxes whose budget is spent, forgets those that are gone."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            for holding in list(self._held.values()):
                self.charge(holding)
                try:
                    await self._look(holding, lives, end)
                except JanusError as error:
                    log.warning("sandbox not looked at", sandbox_id=holding.id, reason=error.message)

    async def _look(self, holding: Holding, lives: Look, end: End) -> None:
        account = holding.account
        if account is not None and account.cost_usd >= account.budget_usd:
            await end(holding.id)
            self.release(holding.id, "budget spent")
        elif holding.charged_until - holding.looked_at >= _LOOK_SECONDS:
            holding.looked_at = holding.charged_until
            if not await lives(holding.id):
                self.release(holding.id, "gone")
