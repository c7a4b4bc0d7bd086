"""Commands, run to their end."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, Overloaded
from janus_mesh.http import client_left, while_present
from janus_sandbox import metrics
from janus_sandbox.backend import Command
from janus_sandbox.commands import Outcome, run
from janus_sandbox.sandbox import Sandbox
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.settings import SandboxSettings

from .wire import ExecRequest, ExecResponse

log = logs.get("sandbox.exec")

_LOGGED_CHARACTERS = 200
# Each holds two pipes and up to two outputs of the service's memory.
_MOST_AT_ONCE = 64


def command_routes(settings: SandboxSettings, sandboxes: Sandboxes) -> APIRouter:
    routes = APIRouter()

    @routes.post("/sandboxes/{sandbox_id}/exec")
    async def execute(sandbox_id: str, asked: ExecRequest, request: Request) -> ExecResponse:
        """Runs a command; a client that leaves ends it."""
        sandbox, box = sandboxes.running(sandbox_id)
        seconds = asked.seconds
        if seconds > settings.sandbox_max_exec:
            most = round(settings.sandbox_max_exec * 1000)
            raise InvalidRequest(f"timeoutMs: at most {most}", param="timeoutMs")
        command = Command(_argv(asked.command), asked.cwd, {**sandbox.order.env, **asked.env})
        kills = sandbox.usage().oom_kills
        with _place(sandbox):
            work = run(
                box,
                command,
                seconds=seconds,
                most=settings.sandbox_max_output_bytes,
                left_open=sandbox.left_open,
            )
            outcome = await while_present(work, client_left(request.receive))
        end = _end(outcome, oom_kills=sandbox.usage().oom_kills - kills)
        metrics.COMMANDS.labels(end).inc()
        log.info(
            "exec",
            sandbox=sandbox.id,
            command=" ".join(command.argv[-1:])[:_LOGGED_CHARACTERS],
            exit_code=outcome.exit_code,
            end=end,
            said=outcome.stderr[-_LOGGED_CHARACTERS:].decode("utf-8", "replace").strip(),
            seconds=round(outcome.seconds, 4),
        )
        return ExecResponse(
            stdout=outcome.stdout.decode("utf-8", "replace"),
            stderr=outcome.stderr.decode("utf-8", "replace"),
            exit_code=outcome.exit_code,
            duration_ms=round(outcome.seconds * 1000, 3),
            timed_out=outcome.timed_out,
            truncated=outcome.truncated,
        )

    return routes


@contextmanager
def _place(sandbox: Sandbox) -> Iterator[None]:
    """Counts a command. Raises `Overloaded` when too many are under way in the sandbox."""
    if sandbox.commands >= _MOST_AT_ONCE:
        raise Overloaded(
            f"more than {_MOST_AT_ONCE} commands at once in one sandbox",
            code="too_many_commands",
            retry_after=1.0,
        )
    sandbox.commands += 1
    try:
        yield
    finally:
        sandbox.commands -= 1


def _argv(command: str | list[str]) -> tuple[str, ...]:
    if isinstance(command, str):
        return ("/bin/bash", "-c", command)
    if not command:
        raise InvalidRequest("command: a program is needed", param="command")
    return tuple(command)


def _end(outcome: Outcome, *, oom_kills: int) -> str:
    if outcome.timed_out:
        return "timed_out"
    if oom_kills > 0:
        return "out_of_memory"
    return "ok" if outcome.exit_code == 0 else "failed"
