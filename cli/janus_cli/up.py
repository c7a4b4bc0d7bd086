"""`janus up`: the whole stack in the foreground, or behind a supervisor that stays when the command ends."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from . import ports, registry_file, report, sandboxing, services
from .identity import Identity, seconds_since_start
from .journal import SUPERVISOR, Journal
from .readiness import missing_competitor
from .screen import Screen
from .services import Service, Stack
from .state import AlreadyRunning, Home, Run, ServiceRecord
from .supervised import Pace, Supervised
from .supervisor import Supervisor

# Competitors are looked at right after the services are up. Without any, Janus runs all the same.
_COMPETITOR_SECONDS = 5.0
# What a service may take beyond its own drain bound before it is killed.
_STOP_MARGIN = 3.0
# `make` and process managers may pass on a signal that the terminal sent as well: one wish, not two.
_SAME_WISH_SECONDS = 0.3


def run(*, wait: float, daemon: bool) -> int:
    """Runs the stack until a signal. A daemon falls silent once its start is reported."""
    environment = dict(os.environ)
    home = Home.from_environment(environment)
    try:
        home.make()
    except OSError as error:
        return _say(f"cannot use {home.path} ({error.strerror}): set JANUS_HOME to another folder", status=1)
    try:
        with home.locked():
            unsandboxed = sandboxing.obstacle(environment) if sandboxing.wanted(environment) else ""
            sandboxed = sandboxing.wanted(environment) and not unsandboxed
            stack = services.resolve(
                environment,
                artifact_key=home.artifact_key(),
                platform_key=home.platform_key(),
                competition_key=home.competition_key(),
                state=str(home.path),
                sandbox_key=secrets.token_urlsafe(24) if sandboxed else "",
            )
            registry_file.entries(environment)  # before anything starts: router and shim would refuse it too
            if problems := address_problems(stack.services):
                return _say("\n".join(problems), status=1)
            up = _Up(stack, home, wait=wait, daemon=daemon, unsandboxed=unsandboxed)
            return asyncio.run(up.run())
    except AlreadyRunning:
        return _say(_already(home), status=1)
    except services.BadVariable as error:
        return _say(str(error), status=2)
    except registry_file.RegistryUnusable as error:
        return _say(f"{error}: {error.fix}", status=1)


def detached(*, wait: float) -> int:
    """Starts a daemon and shows what it says until it is up or gave up."""
    daemon = subprocess.Popen(
        [sys.executable, "-m", "janus_cli", "up", "--daemon", "--wait", str(wait)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, **_terminal()},
        text=True,
    )
    assert daemon.stdout is not None
    try:
        with daemon.stdout as said:
            for line in said:
                sys.stdout.write(line)
                sys.stdout.flush()
        # It has closed its output: either it is about to end, or it stays.
        run = Home.from_environment(os.environ).running()
        if run is None or run.supervisor.pid != daemon.pid:
            return daemon.wait()
    except KeyboardInterrupt:
        daemon.terminate()
        daemon.wait()
        return 130
    daemon.returncode = 0  # it outlives us; nobody is to wait for it
    return 0


def address_problems(wanted: tuple[Service, ...]) -> list[str]:
    """One sentence for each address that two services want, or that somebody else has."""
    problems, seen = [], dict[int, str]()
    for listener in (listener for service in wanted for listener in service.listeners):
        if listener.port in seen:
            problems.append(
                f"{seen[listener.port]} and {listener.variable} are both {listener.port}: move one"
            )
        elif obstacle := ports.obstacle(listener):
            problems.append(obstacle)
        seen[listener.port] = listener.variable
    return problems


class _Up:
    """One run of the stack."""

    def __init__(self, stack: Stack, home: Home, *, wait: float, daemon: bool, unsandboxed: str) -> None:
        self._stack, self._home = stack, home
        self._unsandboxed = unsandboxed
        self._wait, self._daemon = wait, daemon
        self._wish = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        with ExitStack() as cleanup:
            screen = Screen(sys.stdout, on_closed=lambda: loop.call_soon_threadsafe(self._wish.set))
            cleanup.callback(screen.close)
            names = [service.name for service in self._stack.services]
            journal = Journal(self._home, names, None if self._daemon else screen)
            cleanup.callback(journal.close)
            cleanup.callback(self._home.forget)
            self._record(())
            pace = Pace(stop=services.drain_seconds(self._stack.environment) + _STOP_MARGIN)
            async with Supervisor(self._stack, journal, pace=pace, on_change=self._record) as supervisor:
                cleanup.enter_context(_stop_signals(self._wish, supervisor.kill))
                screen.show(f"Starting {', '.join(names)}.")
                status = await self._supervise(supervisor, screen)
                if self._wish.is_set() and not self._daemon:
                    screen.show("stopping (Ctrl-C again: at once)")
                journal.note("info", "stopping")
            journal.note("info", "stopped")
            return status

    async def _supervise(self, supervisor: Supervisor, screen: Screen) -> int:
        starting = asyncio.create_task(self._start(supervisor))
        wish = asyncio.create_task(self._wish.wait())
        await asyncio.wait({starting, wish}, return_when=asyncio.FIRST_COMPLETED)
        if wish.done():
            starting.cancel()
            return 130
        failed, unanswered = starting.result()
        if failed:
            screen.show("\n" + report.start_failure(failed, self._wait, self._home))
            wish.cancel()
            return 1
        self._show_start(supervisor, screen, unanswered)
        if self._daemon:
            screen.close()
            _fall_silent(self._home)
        await wish
        return 0

    async def _start(self, supervisor: Supervisor) -> tuple[tuple[Supervised, ...], str]:
        """The services that did not get healthy; and why nobody could answer a chat, if that is so."""
        if failed := await supervisor.until_healthy(self._wait):
            return failed, ""
        supervisor.start_late()
        return (), await missing_competitor(self._stack.url("router"), _COMPETITOR_SECONDS)

    def _show_start(self, supervisor: Supervisor, screen: Screen, unanswered: str) -> None:
        how = "`janus logs -f` shows them, `janus down` stops all." if self._daemon else "Ctrl-C stops all."
        for text in (
            "",
            report.table(supervisor.records()),
            "",
            f"Healthy after {seconds_since_start():.1f} s. Logs: {os.path.relpath(self._home.logs)}/. {how}",
            report.about_the_answers(self._stack.environment, unanswered),
            *((f"No sandboxes: {self._unsandboxed}.",) if self._unsandboxed else ()),
            *report.about_the_agents(self._stack),
            "",
            report.to_try(self._stack, self._stack.environment),
            "",
        ):
            screen.show(text)

    def _record(self, records: tuple[ServiceRecord, ...]) -> None:
        supervisor = Identity.of(os.getpid())
        assert supervisor is not None
        self._home.write(Run(supervisor, records))


@contextmanager
def _stop_signals(wish: asyncio.Event, kill: Callable[[], None]) -> Iterator[None]:
    """The first signal sets `wish`, a later one calls `kill`."""
    loop = asyncio.get_running_loop()
    first = 0.0

    def received() -> None:
        nonlocal first
        now = time.monotonic()
        if not first:
            first = now
            wish.set()
        elif now - first > _SAME_WISH_SECONDS:
            kill()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for signum in signals:
        loop.add_signal_handler(signum, received)
    try:
        yield
    finally:
        for signum in signals:
            loop.remove_signal_handler(signum)


def _fall_silent(home: Home) -> None:
    """Lets go of the caller's output; what Python itself might still say goes to the supervisor's log."""
    sys.stdout.flush()
    log = os.open(home.log(SUPERVISOR), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)


def _already(home: Home) -> str:
    run = home.running()
    who = f" (process {run.supervisor.pid})" if run else ""
    janus = report.program("janus")
    return f"Janus already runs here{who}: `{janus} status` shows it, `{janus} down` stops it"


def _terminal() -> dict[str, str]:
    """What the daemon needs to know of our terminal, which it does not have."""
    if not sys.stdout.isatty():
        return {}
    return {"FORCE_COLOR": "1", "COLUMNS": str(os.get_terminal_size().columns)}


def _say(problem: str, *, status: int) -> int:
    sys.stderr.write(f"janus: {problem}\n")
    return status
