"""A competitor as the router lives with it: entry, peer, health, ejection, places."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from janus_mesh import logs
from janus_mesh.registry import Entry

from .admission import Gate
from .breaker import Breaker
from .health import UNKNOWN, Health, HealthWatch
from .metering import Meter
from .peers import PeerPool

# When to ask again for a competitor that is down or drained; its health is looked at as often.
_RETRY_AFTER_SECONDS = 2.0

log = logs.get("router.competitor")


class State(Enum):
    """How it is doing; named as in `janus.router.v1.CompetitorState`."""

    CONNECTING = "connecting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    EJECTED = "ejected"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Condition:
    """A state and, unless it is healthy, why: `reason` for callers, `detail` for operators, if any."""

    state: State
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for every competitor. Times in seconds."""

    queue: int
    eject_after: int
    eject_seconds: float
    connect_timeout: float


class Competitor:
    """One competitor at one address; another address makes another `Competitor`."""

    def __init__(
        self, entry: Entry, target: str, pool: PeerPool, limits: Limits, changed: Callable[[], None]
    ) -> None:
        self.entry = entry
        self.target = target
        self.draining = False
        self.retired = False
        self.gate = Gate(entry.max_concurrency, limits.queue)
        self.breaker = Breaker(limits.eject_after, limits.eject_seconds)
        self.meter = Meter(entry.id)
        self._pool = pool
        self._changed = changed
        self._health = UNKNOWN
        watch = HealthWatch(
            pool.acquire(target),
            "" if entry.native else entry.id,
            patience=limits.connect_timeout,
            report=self._health_is,
        )
        self._watching = asyncio.create_task(watch.run(), name=f"health of {entry.id}")
        self._watching.add_done_callback(self._watch_ended)

    @property
    def id(self) -> str:
        return self.entry.id

    @property
    def condition(self) -> Condition:
        if self.draining:
            return Condition(State.DRAINING, "it is being drained")
        if self.breaker.ejected:
            return Condition(State.EJECTED, f"its answers failed, last: {self.breaker.reason}")
        match self._health.serving:
            case None:
                return Condition(State.CONNECTING, self._health.reason)
            case True:
                return Condition(State.HEALTHY)
        return Condition(State.UNHEALTHY, self._health.reason, self._health.detail)

    @property
    def available(self) -> bool:
        """Whether a new exchange may go there now."""
        return (
            not self.retired
            and not self.draining
            and self._health.serving is not False
            and self.breaker.admits()
        )

    @property
    def retry_after(self) -> float:
        """Seconds after which it may be available again."""
        return max(self.breaker.remaining, 1.0) if self.breaker.ejected else _RETRY_AFTER_SECONDS

    def update(self, entry: Entry) -> None:
        """Takes over another description of the same address."""
        self.entry = entry
        self.gate.resize(entry.max_concurrency)

    def drain(self, draining: bool) -> None:
        """Stops new exchanges, or lets them in again."""
        self.draining = draining
        self.reconsider()

    def responded(self, token: int) -> None:
        """Notes an exchange's first event; `token` is what the breaker gave at its beginning."""
        was_ejected = self.breaker.ejected
        self.breaker.responded(token)
        if was_ejected and not self.breaker.ejected:
            log.info("restored", competitor=self.id)
            self.reconsider()

    def failed(self, token: int, reason: str, *, reached: bool) -> None:
        """Notes that an exchange ended by a failure of its own."""
        if self.breaker.failed(token, reason, reached=reached):
            self.meter.ejected()
            log.warning("ejected", competitor=self.id, seconds=self.breaker.remaining, reason=reason)
            self.reconsider()

    def reconsider(self) -> None:
        """To be called when its condition may have changed: those who queue in vain choose anew."""
        if not self.available:
            self.gate.send_away()
        self._changed()

    def retire(self) -> None:
        """Takes no new exchange; live ones go on, and the peer is closed when the last one ends."""
        self.retired = True
        self.gate.send_away()
        self._watching.cancel()

    async def stopped(self) -> None:
        """Returns when nothing of it runs any more but live exchanges."""
        await asyncio.wait([self._watching])

    def _watch_ended(self, watching: asyncio.Task[None]) -> None:
        self._pool.release(self.target)
        if not watching.cancelled():
            log.error("the health watch failed", competitor=self.id, exc_info=watching.exception())

    def _health_is(self, health: Health) -> None:
        if health.serving:
            self.breaker.hasten()  # it was away and is back, so what it was ejected for may be over
        self._health = health
        log.info(
            "health",
            competitor=self.id,
            serving=health.serving,
            reason=(health.detail or health.reason) or None,
        )
        self.reconsider()
