"""Whose each sandbox is, how many one identity may have, and what their time costs while they live."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import JanusError, NotFound, RateLimited
from janus_platform.gate.account import Account
from janus_platform.gate.caller import Caller
from janus_platform.gate.prices import Prices

_TICK_SECONDS = 1.0
# How often it is asked whether a sandbox still lives, for those that end without being told to.
_LOOK_SECONDS = 10.0
# Waits before each further try to end a sandbox; after the last its own TTL ends it.
_END_TRIES = (0.5, 2.0, 8.0, 30.0)

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
    """All sandboxes that were made through this proxy and live, as far as it knows.

    `look` and `end` ask the sandbox service; `share` is how many one identity may have at once.
    """

    def __init__(self, prices: Prices, place: str, *, look: Look, end: End, share: int) -> None:
        self._prices = prices
        self._place = place
        self._look = look
        self._end = end
        self._share = share
        self._held: dict[str, Holding] = {}
        self._making: dict[str, int] = {}  # by identity
        self._ending: dict[str, str] = {}  # sandbox id -> identity; these still take up room
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def place_for_one_more(self, identity: str) -> Iterator[None]:
        """Reserves a place while a sandbox is made. Raises `RateLimited` beyond the identity's share."""
        making = self._making.get(identity, 0)
        ending = sum(one == identity for one in self._ending.values())
        if making + ending + len(list(self.of(identity))) >= self._share:
            raise RateLimited(
                f"at most {self._share} sandboxes at once for one competitor",
                code="sandbox_share_used",
                retry_after=2.0,
            )
        self._making[identity] = making + 1
        try:
            yield
        finally:
            self._making[identity] -= 1
            if not self._making[identity]:
                del self._making[identity]

    def add(self, holding: Holding) -> None:
        """Takes a new sandbox in; ends it at once when its attempt was closed while it was made."""
        self._held[holding.id] = holding
        if holding.account is not None and holding.account.closed:
            self.end(holding.id, "attempt closed")

    def of(self, identity: str) -> Iterable[Holding]:
        """The sandboxes of one identity."""
        return [holding for holding in self._held.values() if holding.owner.identity == identity]

    def find(self, sandbox_id: str, identity: str) -> Holding:
        """A caller's own sandbox. Raises `NotFound` also for those of others."""
        holding = self._held.get(sandbox_id)
        if holding is None or holding.owner.identity != identity:
            raise NotFound(f"there is no sandbox {sandbox_id[:80]!r}", code="sandbox_not_found")
        return holding

    def close_account(self, account: Account) -> None:
        """Charges and ends every sandbox that was made on this account."""
        for holding in list(self._held.values()):
            if holding.account is account:
                self.end(holding.id, "attempt closed")

    def end(self, sandbox_id: str, reason: str) -> None:
        """Stops the clock of a sandbox and ends it in the background, with further tries."""
        holding = self._held.get(sandbox_id)
        if holding is None:
            return
        self.release(sandbox_id, reason)
        self._ending[sandbox_id] = holding.owner.identity
        self._keep(self._end_surely(sandbox_id))

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
            holding.account.charge(cost, sandbox_seconds=seconds)

    async def keep_charging(self) -> None:
        """Charges until cancelled; ends sandboxes whose budget is spent, forgets those that are gone."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            for holding in list(self._held.values()):
                self.charge(holding)
                if holding.account is not None and holding.account.spent:
                    self.end(holding.id, "budget spent")
                elif holding.charged_until - holding.looked_at >= _LOOK_SECONDS:
                    holding.looked_at = holding.charged_until
                    self._keep(self._forget_if_gone(holding.id))  # a service that hangs delays no charge

    async def aclose(self) -> None:
        """Lets go of what is under way in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forget_if_gone(self, sandbox_id: str) -> None:
        try:
            lives = await self._look(sandbox_id)
        except JanusError as error:
            log.warning("sandbox not looked at", sandbox_id=sandbox_id, reason=error.message)
            return
        if not lives:
            self.release(sandbox_id, "gone")

    async def _end_surely(self, sandbox_id: str) -> None:
        try:
            for wait in (*_END_TRIES, None):
                try:
                    await self._end(sandbox_id)
                except JanusError as error:
                    log.warning("sandbox not ended", sandbox_id=sandbox_id, reason=error.message)
                else:
                    return
                if wait is not None:
                    await asyncio.sleep(wait)
        finally:
            self._ending.pop(sandbox_id, None)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
