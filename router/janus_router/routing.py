"""The router's answer to a chat: choose, admit, forward; try again as long as nothing was delivered."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.answer_limits import AnswerLimits
from janus_mesh.competitor_claims import ROUTE
from janus_mesh.errors import DeadlineExceeded, JanusError, Unavailable
from janus_proto._gen.janus.chat.v1 import event_pb2

from . import admission, selection
from .announcement import Announcement
from .attempt import Attempt
from .claims import Heard
from .competitor import Competitor
from .competitor_errors import translating
from .metering import BUDGET_REFUSALS
from .peers import PeerPool
from .registry import Registry
from .retry_budget import RetryBudget
from .settings import RouterSettings
from .usage.audit import audit
from .usage.estimate import estimate
from .usage.platform import Platform

# A hop waits a little longer than the one below it, so that the one that knows most reports.
_SLACK_SECONDS = 1.0
# Before the same competitor is tried again.
_SHORTEST_PAUSE = 0.025
_LONGEST_PAUSE = 0.25
_RETRY_AFTER_FULL_SECONDS = 1.0

log = logs.get("router")


@dataclass
class _Trip:
    """One exchange on its way through the router."""

    exchange: mesh.Exchange
    asked: selection.Asked
    tried: list[Competitor] = field(default_factory=list)
    queue_seconds: float = 0.0
    attempt: Attempt | None = None

    def left(self, total: float) -> float:
        """Seconds left of the caller's deadline, or of `total` when it set none."""
        remaining = self.exchange.time_remaining()
        return total - self.exchange.elapsed() if remaining is None else remaining


class Router:
    """Answers chats by forwarding them; `answer` is what the mesh's server is given."""

    def __init__(
        self,
        registry: Registry,
        pool: PeerPool,
        platform: Platform,
        settings: RouterSettings,
        rng: random.Random | None = None,
    ) -> None:
        self._registry = registry
        self._pool = pool
        self._platform = platform
        self._settings = settings
        self._rng = rng or random.Random()  # noqa: S311  # spreads load, guards nothing
        self._choose = selection.policy(settings.router_policy, self._rng)
        self._budget = RetryBudget(settings.router_retry_ratio, settings.router_retry_per_second)
        self._live = 0
        self._closed = False

    def close(self) -> None:
        """Refuses new exchanges from now on; live ones go on."""
        self._closed = True

    async def answer(self, exchange: mesh.Exchange) -> None:
        self._check_room()
        self._live += 1
        try:
            self._budget.request()
            trip = _Trip(exchange, selection.understand(exchange.request, self._registry.default_model))
            try:
                await self._forward(trip)
            finally:
                _log(trip)
        finally:
            self._live -= 1

    def _check_room(self) -> None:
        """Bounds what the whole router carries at once."""
        if self._closed:
            raise Unavailable("the router is shutting down", retry_after=_RETRY_AFTER_FULL_SECONDS)
        if self._live >= self._settings.router_max_exchanges:
            raise Unavailable(
                f"the router carries {self._live} exchanges, its limit", retry_after=_RETRY_AFTER_FULL_SECONDS
            )

    async def _forward(self, trip: _Trip) -> None:
        failure: JanusError | None = None
        while True:
            try:
                competitor = await self._admitted(trip)
            except JanusError as refusal:
                # When there is nowhere left to try, what happened at the last one says more.
                raise failure or refusal from None
            failure = await self._attempted(trip, competitor)
            if failure is None:
                return
            pause = self._pause_before_retry(trip, failure)
            if pause is None:
                raise failure
            await asyncio.sleep(pause)

    async def _admitted(self, trip: _Trip) -> Competitor:
        """Chooses a competitor and takes a place at its gate."""
        arrived = time.monotonic()
        competitor = None
        while competitor is None:
            ready = selection.available(trip.asked, self._registry, trip.tried, trip.exchange.caller)
            competitor = await self._place(ready, self._left(trip))
        waited = time.monotonic() - arrived
        trip.queue_seconds += waited
        competitor.meter.waited(waited)
        return competitor

    async def _place(self, ready: Sequence[Competitor], remaining: float) -> Competitor | None:
        """Takes a place at one of `ready`, queueing when all are full. None: things changed, choose again."""
        roomy = [competitor for competitor in ready if competitor.gate.has_place]
        if roomy:
            competitor = self._choose(roomy)
            competitor.gate.enter()
            return competitor
        gates = {competitor.gate: competitor for competitor in ready}
        try:
            async with asyncio.timeout(remaining):
                gate = await admission.queue(list(gates), self._settings.router_queue_timeout)
        except TimeoutError:
            raise DeadlineExceeded("the exchange's deadline passed while it waited for a place") from None
        if gate is None:
            return None
        competitor = gates[gate]
        if not competitor.available:  # ejected while it waited, or somebody else is on trial there
            gate.leave()
            return None
        return competitor

    async def _attempted(self, trip: _Trip, competitor: Competitor) -> JanusError | None:
        """Forwards the exchange to a competitor. Returns the error unless the answer is complete."""
        if trip.tried:
            competitor.meter.retried()
        trip.attempt = attempt = Attempt(
            competitor, trip.exchange.caller, counts=competitor not in trip.tried
        )
        trip.tried.append(competitor)
        translated = translating(
            native=competitor.entry.native, seconds_left=lambda: trip.left(self._settings.total_timeout)
        )
        token = ""
        try:
            with attempt, self._pool.using(competitor.target) as peer, translated:
                left = self._left(trip)
                token = self._platform.token(competitor.id, trip.exchange.request_id, left)
                await self._copy(trip, attempt, peer, token, left)
        except JanusError as error:
            return error
        finally:
            if not attempt.finished:  # it must not go on spending
                self._platform.abandon(token)
        return None

    async def _copy(self, trip: _Trip, attempt: Attempt, peer: mesh.Peer, token: str, seconds: float) -> None:
        """Passes the competitor's events on, without what only Janus may say."""
        exchange, competitor, settings = trip.exchange, attempt.competitor, self._settings
        # Rewritten in place: a request may carry many megabytes, and nobody else reads it any more.
        request = exchange.request
        request.model = trip.asked.model_for(competitor)
        # A native competitor has ids of its own behind it, if it is a router, or none.
        request.competitor_id = "" if competitor.entry.native else competitor.id

        heard = Heard()

        limits = AnswerLimits(request.n, settings.router_max_answer_bytes)

        async def audited(event: event_pb2.ChatEvent) -> None:
            limits.check(event)
            heard.finish(event)
            metered = await self._platform.settle(token)
            guess = None
            if not event.finish.HasField("usage"):
                guess = estimate(request, heard.text_bytes + exchange.unseen_bytes)
            found = audit(event.finish, metered, guess)
            attempt.source, attempt.cost_source = found.source, found.cost_source
            _note_audit(competitor, found.wrong)

        def passable(event: event_pb2.ChatEvent) -> bool:
            limits.check(event)
            return heard.event(event)

        upstream = peer.chat(
            request,
            deadline=seconds,
            token=token,
            first_event=settings.first_event_timeout + _SLACK_SECONDS,
            gap=settings.gap_timeout + _SLACK_SECONDS,
        )
        async with Announcement(exchange, _route_event(trip)) as route, upstream:
            async for event in upstream:
                await route.told()
                if event.HasField("finish"):
                    await audited(event)
                elif not passable(event):
                    continue
                attempt.note(event)
                await exchange.send(event)
                if attempt.under_way:
                    attempt.note(await exchange.relay(upstream, audited, passable, limits))
                    return

    def _pause_before_retry(self, trip: _Trip, failure: JanusError) -> float | None:
        """Seconds to wait before the next attempt; None when there must be none."""
        assert trip.attempt is not None
        last = len(trip.tried) >= self._settings.router_max_attempts
        if last or trip.attempt.events or not failure.retryable:
            return None
        ready = [c for c in selection.candidates(trip.asked, self._registry) if c.available]
        pause = 0.0
        if all(competitor in trip.tried for competitor in ready):
            pause = self._rng.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)
        # The same one is not asked again before the time that it named.
        if not ready or (pause and failure.retry_after > pause) or pause >= self._left(trip):
            return None
        if not self._budget.retry():
            BUDGET_REFUSALS.inc()
            return None
        return pause

    def _left(self, trip: _Trip) -> float:
        left = trip.left(self._settings.total_timeout)
        if left <= 0:
            raise DeadlineExceeded("the exchange's deadline passed")
        return left


def _route_event(trip: _Trip) -> event_pb2.ChatEvent:
    payload = {
        "competitor_id": trip.tried[-1].id,
        "attempt": len(trip.tried),
        "reason": trip.asked.reason,
        "model": trip.asked.model,
    }
    return event_pb2.ChatEvent(janus=event_pb2.JanusEvent(event=ROUTE, payload_json=json.dumps(payload)))


def _note_audit(competitor: Competitor, wrong: list[str]) -> None:
    if wrong:
        competitor.meter.misreported()
        log.warning("reported usage overridden by the metered one", competitor=competitor.id, figures=wrong)


def _log(trip: _Trip) -> None:
    attempt = trip.attempt
    usage = attempt.usage if attempt else None
    log.info(
        "routed",
        competitor=attempt.competitor.id if attempt else None,
        reason=trip.asked.reason,
        model=trip.asked.model,
        attempts=len(trip.tried),
        tried=[competitor.id for competitor in trip.tried],
        queue_seconds=round(trip.queue_seconds, 4),
        ttft_seconds=round(attempt.ttft, 4) if attempt and attempt.ttft is not None else None,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        cost_usd=usage.cost_usd if usage else None,
    )
