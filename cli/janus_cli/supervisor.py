"""Runs a stack: starts all services at once, keeps them running, stops them in reverse order."""

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
        self.services = tuple(
            Supervised(service, stack.environment, journal, self._checks, pace, self._changed)
            for service in stack.services
        )

    def records(self) -> tuple[ServiceRecord, ...]:
        return tuple(service.record() for service in self.services)

    async def until_healthy(self, seconds: float) -> tuple[Supervised, ...]:
        """Waits until all are healthy. Returns those that are not, at once when one never will be."""
        try:
            async with asyncio.timeout(seconds):
                while any(service.state is not State.HEALTHY for service in self.services):
                    if hopeless := tuple(service for service in self.services if service.hopeless):
                        return hopeless
                    self._something_changed.clear()
                    await self._something_changed.wait()
        except TimeoutError:
            return tuple(service for service in self.services if service.state is not State.HEALTHY)
        return ()

    def kill(self) -> None:
        """Ends everything at once; leaving the block then takes no time."""
        for service in self.services:
            service.kill()

    async def __aenter__(self) -> Self:
        await self._exit.enter_async_context(self._checks)
        running = await self._exit.enter_async_context(asyncio.TaskGroup())
        for service in self.services:
            running.create_task(service.run(), name=service.service.name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Who is nearest to the clients goes first: nobody loses a peer while still answering.
        for service in reversed(self.services):
            await service.stop()
        await self._exit.__aexit__(kind, error, trace)

    def _changed(self) -> None:
        self._something_changed.set()
        self._on_change(self.records())
