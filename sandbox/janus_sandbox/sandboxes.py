"""All sandboxes of the service: their making, their time, their preemption and their end."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, NotFound

from . import metrics
from .admission import Capacity, make_room
from .backend import Backend, Box
from .egress import EgressGate
from .sandbox import EndReason, Order, Sandbox, State
from .warm_pool import WarmPool, new_id

log = logs.get("sandbox")

_REMEMBERED = 1000  # of the sandboxes that ended


class Sandboxes:
    """Use between `open` and `close`."""

    def __init__(
        self,
        backend: Backend,
        capacity: Capacity,
        pool: WarmPool,
        gate: EgressGate,
        url_of: Callable[[str], str],
    ) -> None:
        self.capacity = capacity
        self.pool = pool
        self.ends: Counter[str] = Counter()
        self._backend = backend
        self._gate = gate
        self._url_of = url_of
        self._live: dict[str, Sandbox] = {}
        self._ended: OrderedDict[str, Sandbox] = OrderedDict()
        self._expiry: dict[str, asyncio.TimerHandle] = {}
        self._tasks = set[asyncio.Task[None]]()

    @property
    def live(self) -> Collection[Sandbox]:
        return self._live.values()

    def open(self) -> None:
        self.pool.open()

    async def close(self) -> None:
        """Ends all of them."""
        ending = [one for one in self._ended.values() if one.ended_at is None]
        every = [*self._live.values(), *ending]
        await asyncio.gather(*(self._end(one, EndReason.SHUTDOWN) for one in every))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pool.close()

    def all(self) -> list[Sandbox]:
        """Those that live and those that ended lately, oldest first."""
        return sorted([*self._ended.values(), *self._live.values()], key=lambda one: one.created)

    def find(self, sandbox_id: str) -> Sandbox:
        """Raises `NotFound`."""
        sandbox = self._live.get(sandbox_id) or self._ended.get(sandbox_id)
        if sandbox is None:
            raise NotFound(f"no sandbox {sandbox_id[:64]!r}", param="sandboxId", code="sandbox_not_found")
        return sandbox

    def running(self, sandbox_id: str) -> tuple[Sandbox, Box]:
        """A sandbox to work in. Raises `NotFound`, saying how it ended if it did."""
        sandbox = self.find(sandbox_id)
        if sandbox.box is None or sandbox.state is not State.RUNNING:
            how = sandbox.end_reason or sandbox.state
            raise NotFound(f"sandbox {sandbox.id} is gone: {how}", param="sandboxId", code="sandbox_gone")
        return sandbox, sandbox.box

    async def create(self, order: Order) -> Sandbox:
        """Raises `Overloaded` when there is no room, `Unavailable` when it does not start."""
        began = time.monotonic()
        victims = make_room(self.capacity, self._live.values(), order)
        for victim in victims:  # at once: nobody else may count on their place
            self._retire(victim, EndReason.PREEMPTED)
        warm = self.pool.take() if order.flavor == self.pool.flavor else None
        sandbox_id, ready = warm or (new_id(), None)
        sandbox = self._live[sandbox_id] = Sandbox(sandbox_id, order, self._url_of(sandbox_id))
        sandbox.box = ready
        try:
            if victims:
                await asyncio.wait([self._keep(self._bury(victim)) for victim in victims])
            box = sandbox.box = ready or await self._backend.start(sandbox_id, order.limits)
            self._gate.open(sandbox, box)
        except BaseException:
            await asyncio.shield(self._end(sandbox, EndReason.FAILED))
            raise
        if sandbox.state is State.TERMINATED:  # while it started
            self._gate.close(sandbox)
            await box.end()
            raise NotFound(f"sandbox {sandbox.id} is gone: {sandbox.end_reason}", code="sandbox_gone")
        sandbox.state = State.RUNNING
        self._expire_at(sandbox, time.time() + order.ttl)
        self._keep(self._mourn(sandbox, box))
        seconds = time.monotonic() - began
        metrics.CREATED.labels("warm" if warm else "cold").observe(seconds)
        log.info(
            "sandbox created",
            sandbox=sandbox.id,
            flavor=order.flavor,
            priority=order.priority.name.lower(),
            warm=warm is not None,
            seconds=round(seconds, 4),
        )
        return sandbox

    async def terminate(self, sandbox_id: str) -> Sandbox:
        """Ends it; harmless when it has ended."""
        sandbox = self.find(sandbox_id)
        await asyncio.shield(self._end(sandbox, EndReason.TERMINATED))
        return sandbox

    def refresh(self, sandbox_id: str, ttl: float | None, longest: float) -> Sandbox:
        """Lets it live `ttl` seconds from now, by default as long as when it was made."""
        sandbox, _ = self.running(sandbox_id)
        ttl = sandbox.order.ttl if ttl is None else ttl
        if ttl > longest:
            raise InvalidRequest(f"ttlSeconds: at most {longest:g}", param="ttlSeconds")
        self._expire_at(sandbox, time.time() + ttl)
        return sandbox

    def _expire_at(self, sandbox: Sandbox, when: float) -> None:
        if handle := self._expiry.pop(sandbox.id, None):
            handle.cancel()
        sandbox.expires = when
        self._expiry[sandbox.id] = asyncio.get_running_loop().call_later(
            max(0.0, when - time.time()), lambda: self._keep(self._end(sandbox, EndReason.EXPIRED))
        )

    async def _mourn(self, sandbox: Sandbox, box: Box) -> None:
        """Notes it when a sandbox ends that nobody ended."""
        await box.ended()
        if sandbox.state is State.RUNNING:
            killed = sandbox.usage().oom_kills > 0
            await self._end(sandbox, EndReason.OUT_OF_MEMORY if killed else EndReason.DIED)

    async def _end(self, sandbox: Sandbox, reason: EndReason) -> None:
        if self._retire(sandbox, reason):
            await self._bury(sandbox)
        elif sandbox.box is not None:
            await sandbox.box.end()  # who asks twice waits for the same end

    def _retire(self, sandbox: Sandbox, reason: EndReason) -> bool:
        """Takes it out of service; whether it still was in."""
        if sandbox.state is State.TERMINATED:
            return False
        sandbox.usage()
        sandbox.state, sandbox.end_reason = State.TERMINATED, reason
        if handle := self._expiry.pop(sandbox.id, None):
            handle.cancel()
        self._gate.close(sandbox)
        self._live.pop(sandbox.id, None)
        self._remember(sandbox)
        return True

    async def _bury(self, sandbox: Sandbox) -> None:
        """Ends what a retired sandbox holds."""
        began = time.monotonic()
        if sandbox.box is not None:
            await sandbox.box.end()
        sandbox.left_open.close()
        sandbox.ended_at = time.time()
        seconds = time.monotonic() - began
        assert sandbox.end_reason is not None
        self.ends[sandbox.end_reason] += 1
        metrics.ENDED.labels(sandbox.end_reason).inc()
        metrics.TERMINATION.observe(seconds)
        log.info(
            "sandbox ended",
            sandbox=sandbox.id,
            reason=sandbox.end_reason,
            lived_seconds=round(sandbox.seconds, 3),
            seconds=round(seconds, 4),
            cpu_seconds=sandbox.last_usage.cpu_seconds and round(sandbox.last_usage.cpu_seconds, 3),
            peak_memory_bytes=sandbox.last_usage.peak_memory_bytes,
            oom_kills=sandbox.last_usage.oom_kills,
        )

    def _remember(self, sandbox: Sandbox) -> None:
        self._ended[sandbox.id] = sandbox
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
