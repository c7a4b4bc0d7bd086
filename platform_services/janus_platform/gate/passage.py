"""One call through the platform: what it took, charged to its request, and one line of the egress log."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from prometheus_client import Counter

from janus_mesh import logs
from janus_mesh.errors import JanusError
from janus_mesh.http import ClientLeft
from janus_platform.reply import Reply

from .account import Account, Tokens
from .caller import Caller
from .errors import TokenClosed
from .prices import Prices

log = logs.get("egress")

CALLS = Counter("janus_egress_calls_total", "Calls of the platform services.", ["service", "verdict"])
BYTES = Counter("janus_egress_bytes_total", "Bytes moved for callers.", ["service", "direction"])
COST = Counter("janus_egress_cost_usd_total", "Metered cost, in US dollars.", ["service"])


class Passage:
    """To be entered for each call; leaving it charges the account and writes the line, however it ended.

    The verdict is `allowed`, `refused` (the caller may not, or asked what cannot be), `failed` (what was
    called) or `aborted` (the caller left).
    """

    def __init__(self, service: str, caller: Caller, prices: Prices, reply: Reply) -> None:
        self.service = service
        self.caller = caller
        self.account: Account | None = None  # set once a caller with a token is let in
        self.destination = ""  # where the call went; no credentials, no query
        self.body = b""
        self.bodiless = False  # HEAD: the answer has no body
        self.bytes_sent = 0
        self.bytes_received = 0
        self.cost_usd = 0.0
        self.error: JanusError | None = None
        self._prices = prices
        self._reply = reply
        self._began = time.monotonic()
        self._settled = False

    def admit(self, account: Account) -> None:
        """Lets the caller in at the expense of its account. Raises `BudgetSpent`, `RateLimited`."""
        account.enter()
        self.account = account

    @asynccontextmanager
    async def leash(self) -> AsyncIterator[None]:
        """The block that does the call's work. Raises `TokenClosed` when the attempt is closed meanwhile."""
        if self.account is None:
            yield
            return
        with self.account.leash() as leash:
            try:
                async with leash:
                    yield
            except TimeoutError:
                if not leash.expired():
                    raise
                raise TokenClosed("the attempt was closed while this call was under way") from None

    def tokens(self, model: str, tokens: Tokens) -> None:
        """Charges the tokens of a generating model, which the request's usage is made of."""
        self.cost_usd += self._prices.tokens(model, tokens)
        if self.account is not None:
            self.account.count_tokens(tokens)

    def embedded(self, model: str, tokens: int) -> None:
        """Charges the tokens of an embedding model."""
        self.cost_usd += self._prices.tokens(model, Tokens(tokens, 0))
        if self.account is not None:
            self.account.count_embedded(tokens)

    def settle(self, verdict: str) -> None:
        """Charges the account and ends the call on it; harmless when it was done before."""
        if self._settled:
            return
        self._settled = True
        if verdict != "refused":
            self.cost_usd += self._prices.call(self.service, self.bytes_sent + self.bytes_received)
        if self.account is not None:
            self.account.charge(self.cost_usd, bytes_sent=self.bytes_sent, bytes_received=self.bytes_received)
            self.account.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        verdict = self._verdict(error)
        self.settle(verdict)
        CALLS.labels(self.service, verdict).inc()
        BYTES.labels(self.service, "sent").inc(self.bytes_sent)
        BYTES.labels(self.service, "received").inc(self.bytes_received)
        COST.labels(self.service).inc(self.cost_usd)
        log.info(
            "egress",
            service_called=self.service,
            identity=self.caller.identity,
            request_id=self.caller.request_id,
            destination=self.destination or None,
            verdict=verdict,
            code=self.error.code if self.error else None,
            reason=self.error.message if self.error else None,
            status=self._reply.status or None,
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
            cost_usd=round(self.cost_usd, 9),
            seconds=round(time.monotonic() - self._began, 4),
        )

    def _verdict(self, error: BaseException | None) -> str:
        if isinstance(error, asyncio.CancelledError | ClientLeft) or (
            isinstance(self.error, TokenClosed) and self.account is not None
        ):
            return "aborted"
        status = self.error.http_status if self.error else self._reply.status
        if error is not None or status >= 500:
            return "failed"
        return "refused" if status >= 400 else "allowed"
