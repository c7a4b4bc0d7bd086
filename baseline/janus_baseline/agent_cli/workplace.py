"""A sandbox made ready for an agent, and its end, which comes whatever happens.

Whoever leaves, fails or is cancelled: the sandbox is told to end by a task of its own, which nobody's
leaving cuts short, and for which a stopping service waits.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, DeadlineExceeded, JanusError, Unavailable

from . import pack
from .agents import AGENTS, AgentName
from .platform import Account
from .sandy import Sandbox
from .settings import AgentCliSettings
from .task import Task

log = logs.get("agent_cli.sandbox")

_ATTEMPT_CLOSED = "token_closed"
_ENDING_SECONDS = 5.0
# For all of them when the service stops.
_STOPPING_SECONDS = 8.0
# What a sandbox may live beyond its agent's time, for collecting; a service that is killed ends it so.
_TTL_SLACK_SECONDS = 60.0
_MISSING = 127
_UNPACK = 'tar -xf "$1" -C / && rm "$1" && exec "$2" "$3"'


@dataclass(eq=False)
class Workplace:
    """A sandbox with the pack, the task and its files in it. Times are on the monotonic clock."""

    sandbox: Sandbox
    account: Account
    agent: AgentName
    path: str  # the agent's PATH
    began: float
    ready_at: float
    ended_at: float | None = None

    @property
    def seconds(self) -> float:
        """How long the sandbox has lived."""
        return (self.ended_at or time.monotonic()) - self.began


class Workplaces:
    """Makes workplaces; use as `async with`, whose end waits for the ends of all sandboxes."""

    def __init__(self, settings: AgentCliSettings) -> None:
        self._settings = settings
        self._open: set[Workplace] = set()
        self._makings: set[asyncio.Future[Sandbox]] = set()
        self._endings: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def ready(self, account: Account, agent: AgentName, task: Task) -> AsyncIterator[Workplace]:
        """A workplace for one agent, ended with the block. Raises the reason why there is none."""
        began = time.monotonic()
        patience = self._settings.sandbox_timeout
        try:
            async with asyncio.timeout(patience):
                sandbox = await self._created(account)
        except TimeoutError:
            raise _late(patience) from None
        workplace = Workplace(sandbox, account, agent, "", began, began)
        self._open.add(workplace)
        try:
            try:
                async with asyncio.timeout(patience):
                    workplace.path = await _furnish(sandbox, agent, task)
            except TimeoutError:
                raise _late(patience) from None
            workplace.ready_at = time.monotonic()
            yield workplace
        finally:
            await self.end(workplace)

    async def end(self, workplace: Workplace) -> None:
        """Ends the sandbox; harmless when it was ended before."""
        self._open.discard(workplace)
        if workplace.ended_at is not None:
            return
        workplace.ended_at = time.monotonic()
        await asyncio.shield(self._keep(_end(workplace.sandbox)))

    async def _created(self, account: Account) -> Sandbox:
        """A new sandbox. One that comes after its caller has left is ended."""
        making = asyncio.ensure_future(
            Sandbox.create(
                account,
                flavor=self._settings.sandbox_flavor,
                ttl=self._settings.agent_timeout + _TTL_SLACK_SECONDS,
            )
        )
        self._makings.add(making)
        making.add_done_callback(self._makings.discard)
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            self._keep(_end_when_made(making))
            raise

    def _keep(self, ending: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        return task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends what is open: who works in it is being cancelled, and may not come to it in time."""
        for making in list(self._makings):
            self._keep(_end_when_made(making))
        for workplace in list(self._open):
            self._keep(self.end(workplace))
        if self._endings:
            _, late = await asyncio.wait(self._endings, timeout=_STOPPING_SECONDS)
            if late:
                log.warning("sandboxes not ended", count=len(late))


def _late(seconds: float) -> JanusError:
    return DeadlineExceeded(f"no sandbox was ready within {seconds:g} s", code="sandbox_timeout")


async def _furnish(sandbox: Sandbox, agent: AgentName, task: Task) -> str:
    """Writes everything into the sandbox and runs the bootstrap; the PATH for the agent."""
    await sandbox.write(pack.ARCHIVE, pack.archive((*pack.own_files(), *task.files)))
    program = AGENTS[agent].program
    ran = await sandbox.execute(["/bin/sh", "-c", _UNPACK, "sh", pack.ARCHIVE, pack.BOOTSTRAP, program])
    if ran.exit_code == _MISSING and ran.stderr.strip() == program:
        raise Unavailable(AGENTS[agent].missing(agent), code="agent_not_installed")
    if ran.exit_code != 0:
        raise CompetitorFailed(
            f"the sandbox could not be made ready: {ran.stderr.strip()[:500] or ran.exit_code}",
            code="sandbox_failed",
        )
    return ran.stdout


async def _end(sandbox: Sandbox) -> None:
    began = time.monotonic()
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            await sandbox.terminate()
    except (JanusError, TimeoutError) as error:
        # When the client left, the platform may have closed the attempt first, and ends its sandboxes itself.
        if getattr(error, "code", "") != _ATTEMPT_CLOSED:
            # Its time to live ends it then.
            log.warning("sandbox not ended", sandbox=sandbox.id, reason=repr(error)[:200])
            return
    log.info("sandbox ended", sandbox=sandbox.id, seconds=round(time.monotonic() - began, 4))


async def _end_when_made(making: "asyncio.Future[Sandbox]") -> None:
    try:
        sandbox = await making
    except JanusError:
        return  # then there is none
    await _end(sandbox)
