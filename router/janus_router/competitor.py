"""A competitor as the router lives with it: entry, peer, health, ejection, places."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from janus_mesh import logs
from janus_mesh.errors import JanusError
from janus_mesh.registry import Entry

from .admission import Gate
from .ejection import Breaker, Rules, Ticket
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
    ejection: Rules
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
        self.breaker = Breaker(limits.ejection)
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
            return Condition(State.EJECTED, self.breaker.reason)
        match self._health.serving:
            case None:
                return Condition(State.CONNECTING, self._health.reason)
            case True:
                return Condition(State.HEALTHY)
        return Condition(State.UNHEALTHY, self._health.reason, self._health.detail)

    @property
    def available(self) -> bool:
        """Whether a new exchange may go there now."""
        return self._open and self.breaker.admits()

    def admits_probe(self, caller: str) -> bool:
        """Whether a request that no other competitor can take may go there although it is ejected."""
        return self._open and self.gate.has_place and self.breaker.admits_probe(caller)

    def retry_after(self, caller: str) -> float:
        """Seconds after which it may be available to this caller again."""
        if not self._open or not self.breaker.ejected:
            return _RETRY_AFTER_SECONDS
        return max(self._next_trial(caller), 1.0)

    def refusal(self, caller: str) -> str:
        """Says why it is not available, for an error message."""
        condition = self.condition
        reason = f"{self.id} is {condition.state.value} ({condition.reason}"
        if condition.state is State.EJECTED:
            reason += f"; next trial in {math.ceil(self._next_trial(caller))} s"
        return reason + ")"

    @property
    def _open(self) -> bool:
        return not self.retired and not self.draining and self._health.serving is not False

    def _next_trial(self, caller: str) -> float:
        wait = self.breaker.wait(caller)
        # During a trial without probes nobody knows; the trial decides soon.
        return wait if math.isfinite(wait) else _RETRY_AFTER_SECONDS

    def update(self, entry: Entry) -> None:
        """Takes over another description of the same address."""
        self.entry = entry
        self.gate.resize(entry.max_concurrency)

    def drain(self, draining: bool) -> None:
        """Stops new exchanges, or lets them in again."""
        self.draining = draining
        self.reconsider()

    def responded(self, ticket: Ticket) -> None:
        """Notes a request's first event; `ticket` is what the breaker gave at its beginning."""
        was_ejected = self.breaker.ejected
        self.breaker.responded(ticket)
        if was_ejected and not self.breaker.ejected:
            log.info("restored", competitor=self.id)
            self.reconsider()

    def failed(self, ticket: Ticket, error: JanusError, *, reached: bool) -> None:
        """Notes that a request ended by a failure of the competitor.

        Callers are told the kind of the failure only: its message may quote another caller's request.
        """
        if self.breaker.failed(ticket, code=error.status.code, reached=reached):
            self.meter.ejected()
            log.warning(
                "ejected",
                competitor=self.id,
                seconds=self.breaker.remaining,
                reason=self.breaker.reason,
                last=error.message,
            )
            self.reconsider()

    def reconsider(self) -> None:
        """Called when its condition may have changed. While it is not available, its queue is evicted."""
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
