"""One service under supervision: its process, its health, and what happens when it ends by itself."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from . import ports
from .backoff import Backoff
from .health import HealthChecks
from .identity import Identity
from .journal import Journal
from .process import Process
from .services import Service
from .state import ServiceRecord, State

# Every room exits with this when a variable cannot be what it is set to.
BAD_CONFIGURATION = 2
_LINES_KEPT = 30


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of supervision, in seconds."""

    check_starting: float = 0.1
    check_running: float = 2.0
    first_restart: float = 0.2
    longest_restart: float = 30.0
    settled: float = 30.0
    stop: float = 13.0
    start_attempts: int = 5  # a service that never got healthy is given up after so many ends


class Supervised:
    """Keeps one service running until it is stopped or cannot be helped."""

    def __init__(
        self,
        service: Service,
        environment: Mapping[str, str],
        journal: Journal,
        checks: HealthChecks,
        pace: Pace,
        changed: Callable[[], None],
    ) -> None:
        self.service = service
        self.state = State.STARTING
        self.reason = ""
        self.restarts = 0
        self.last_status: int | None = None
        self.last_lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._environment = service.variables(environment)
        self._journal = journal
        self._checks = checks
        self._pace = pace
        self._changed = changed
        self._process: Process | None = None
        self._identity: Identity | None = None
        self._was_healthy = False
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def hopeless(self) -> bool:
        """Whether waiting for it to become healthy makes no sense."""
        worn_out = not self._was_healthy and self.restarts >= self._pace.start_attempts
        return self.state is State.FAILED or worn_out

    def record(self) -> ServiceRecord:
        return ServiceRecord(
            name=self.service.name,
            url=self.service.url,
            probe=self.service.probe,
            state=self.state,
            reason=self.reason,
            restarts=self.restarts,
            process=self._identity,
        )

    async def run(self) -> None:
        """Starts the process, and again whenever it ends, until `stop` or a fault that stays."""
        backoff = Backoff(self._pace.first_restart, self._pace.longest_restart, self._pace.settled)
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self.last_status = await self._one_life()
                if self._stopping.is_set():
                    break
                if fault := self._lasting_fault():
                    self._become(State.FAILED, fault)
                    return
                await self._wait_before_restart(backoff.after(time.monotonic() - began))
            self._become(State.STOPPED)
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Asks the process to end, and ends it when it takes too long."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
        try:
            async with asyncio.timeout(self._pace.stop):
                await self._stopped.wait()
        except TimeoutError:
            self._journal.note(
                "warning", "killed: did not stop in time", name=self.service.name, seconds=self._pace.stop
            )
            self.kill()
            await self._stopped.wait()

    def kill(self) -> None:
        """Ends the process at once."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()

    async def _one_life(self) -> int:
        self._become(State.STARTING)
        self.last_lines.clear()
        try:
            process = await Process.start(self.service.command, self._environment, self._heard)
        except OSError as error:
            self._heard(f"cannot start: {error}".encode())
            return os.EX_OSERR
        self._process, self._identity = process, Identity.of(process.pid)
        self._changed()
        if self._stopping.is_set():  # `stop` came before there was anything to stop
            process.terminate()
        watching = asyncio.create_task(self._watch_health())
        try:
            return await process.wait()
        finally:
            process.kill()
            self._process = self._identity = None
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch_health(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            reason = await self._checks.check(self.service.probe)
            failures = failures + 1 if reason else 0
            if not reason:
                self._become(State.HEALTHY)
                self._was_healthy = True
            elif self.state is State.HEALTHY and failures > 1:  # one alone may be a process that is ending
                self._become(State.UNHEALTHY, reason)
            self.reason = reason
            starting = self.state is State.STARTING
            await asyncio.sleep(self._pace.check_starting if starting else self._pace.check_running)

    async def _wait_before_restart(self, delay: float) -> None:
        self.restarts += 1
        self._become(State.RESTARTING, how_it_ended(self.last_status))
        self._journal.note(
            "warning",
            f"{self.service.name} {self.reason}: starting it again",
            in_seconds=round(delay, 2),
            restarts=self.restarts,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._stopping.wait()

    def _lasting_fault(self) -> str:
        """Why starting it again would end the same way; empty when it may help."""
        if self.last_status == BAD_CONFIGURATION:
            return "it refuses its configuration"
        return next((why for one in self.service.listeners if (why := ports.obstacle(one))), "")

    def _become(self, state: State, reason: str = "") -> None:
        if state is self.state:
            return
        before, self.state, self.reason = self.state, state, reason
        if state is State.FAILED:
            self._journal.note("error", f"{self.service.name} stays down: {reason}")
        elif state is State.UNHEALTHY:
            self._journal.note("warning", f"{self.service.name} is not healthy", reason=reason)
        elif state is State.HEALTHY and (before is State.UNHEALTHY or self._was_healthy):
            self._journal.note("info", f"{self.service.name} is healthy again")
        self._changed()

    def _heard(self, raw: bytes) -> None:
        self.last_lines.append(raw.decode("utf-8", "replace"))
        self._journal.line(self.service.name, raw)


def how_it_ended(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "has not ended"
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by signal {-status}" + (" (out of memory?)" if status == -9 else "")
