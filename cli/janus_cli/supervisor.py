"""Runs a stack: starts its services, the late ones last; keeps them running; stops them in reverse order."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from .health import HealthChecks
from .journal import Journal
from .services import Stack
from .state import ServiceRecord, State
from .supervised import Pace, Supervised


class Supervisor:
    """The services run inside its `async with` block; `on_change` is called after every change of state."""

    def __init__(
        self,
        stack: Stack,
        journal: Journal,
        *,
        pace: Pace,
        on_change: Callable[[tuple[ServiceRecord, ...]], None] = lambda _: None,
    ) -> None:
        self._on_change = on_change
        self._something_changed = asyncio.Event()
        self._checks = HealthChecks()
        self._exit = AsyncExitStack()
        self._running: asyncio.TaskGroup | None = None
        self._started: list[Supervised] = []
        self.services = tuple(
            Supervised(service, stack.environment, journal, self._checks, pace, self._changed)
            for service in stack.services
        )

    def records(self) -> tuple[ServiceRecord, ...]:
        return tuple(service.record() for service in self.services)

    async def until_healthy(self, seconds: float) -> tuple[Supervised, ...]:
        """Waits until all but the late are healthy. Returns those that are not, or one that never will be."""
        awaited = [service for service in self.services if not service.service.late]
        try:
            async with asyncio.timeout(seconds):
                while any(service.state is not State.HEALTHY for service in awaited):
                    if hopeless := tuple(service for service in awaited if service.hopeless):
                        return hopeless
                    self._something_changed.clear()
                    await self._something_changed.wait()
        except TimeoutError:
            return tuple(service for service in awaited if service.state is not State.HEALTHY)
        return ()

    def start_late(self) -> None:
        """Starts those that were left for later."""
        self._start(late=True)

    def kill(self) -> None:
        """Ends everything at once; leaving the block then takes no time."""
        for service in self.services:
            service.kill()

    async def __aenter__(self) -> Self:
        await self._exit.enter_async_context(self._checks)
        self._running = await self._exit.enter_async_context(asyncio.TaskGroup())
        self._start(late=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Who is nearest to the clients goes first: nobody loses a peer while still answering.
        for service in reversed(self.services):
            if service in self._started:
                await service.stop()
        await self._exit.__aexit__(kind, error, trace)

    def _start(self, *, late: bool) -> None:
        assert self._running is not None, "services start within the `async with` block"
        for service in self.services:
            if service.service.late is late:
                self._started.append(service)
                self._running.create_task(service.run(), name=service.service.name)

    def _changed(self) -> None:
        self._something_changed.set()
        self._on_change(self.records())
