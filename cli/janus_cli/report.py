"""What the commands say about the stack: its table, what to try, and why something did not start."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import agents, services
from .log_view import essence
from .screen import style_of
from .services import Stack
from .state import Home, ServiceRecord, State
from .supervised import BAD_CONFIGURATION, Supervised, how_it_ended

_STATE_COLOURS = {
    State.HEALTHY: "green",
    State.STARTING: "cyan",
    State.RESTARTING: "yellow",
    State.UNHEALTHY: "yellow",
    State.FAILED: "bold red",
    State.STOPPED: "red",
}
_LINES_SHOWN = 12
_CHAT_METHOD = "janus.chat.v1.ChatService/Chat"


def table(records: Iterable[ServiceRecord]) -> str:
    """Service, URL, state and pid of each."""
    # Late: rich takes a tenth of a second that starting services should not wait for.
    from rich import box
    from rich.table import Table

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("service", "url", "state", "pid"):
        rows.add_column(heading, no_wrap=True)
    rows.add_column("", overflow="fold")
    for record in records:
        colour = _STATE_COLOURS[record.state]
        pid = str(record.process.pid) if record.process else "-"
        rows.add_row(record.name, record.url, f"[{colour}]{record.state}[/]", pid, _remark(record))
    return drawn(rows)


def drawn(renderable: object) -> str:
    """A rich renderable as text for standard output, in its width and with its colours."""
    from rich.console import Console

    colour = style_of(1, os.environ).colour
    console = Console(
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        width=None if sys.stdout.isatty() else max(120, shutil.get_terminal_size().columns),
    )
    with console.capture() as captured:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")


def _remark(record: ServiceRecord) -> str:
    restarts = f"restarted {record.restarts}x" if record.restarts else ""
    reason = "" if record.state in (State.HEALTHY, State.STOPPED) else record.reason
    return ", ".join(part for part in (reason, restarts) if part).replace("[", r"\[")


def to_try(stack: Stack, environment: Mapping[str, str]) -> str:
    """Lines to copy: the same question over HTTP, over gRPC and with `janus`."""
    model = environment.get("JANUS_DEFAULT_MODEL") or "janus"
    question = "Why is the sky blue?"
    over_http = {"model": model, "stream": True, "messages": [{"role": "user", "content": question}]}
    over_grpc = {"request": {"model": model, "messages": [{"role": "ROLE_USER", "text": question}]}}
    edge, router = stack.url("edge"), stack.url("router").removeprefix("grpc://")
    header = "-H 'content-type: application/json'"
    asking = (
        f"curl -N {edge}/v1/chat/completions {header} -d '{json.dumps(over_http)}'",
        f"{program('grpcurl')} -plaintext -d '{json.dumps(over_grpc)}' {router} {_CHAT_METHOD}",
        f'{program("janus")} chat "{question}"',
    )
    return "\n\n  ".join(("Try it:", *asking))


def about_the_answers(environment: Mapping[str, str], unanswered: str) -> str:
    """What stands behind the answers, said plainly; `unanswered` is why there are none."""
    if unanswered:
        return f"No competitor is healthy yet ({unanswered}): `{program('janus')} competitors` shows them."
    if services.has_provider(environment):
        return "Answers come from the configured model provider."
    return (
        "Answers come from the embedded SmolLM2-135M, a small demonstration model: it chats, and is often "
        "wrong.\nFor a real one set OPENAI_BASE_URL, OPENAI_API_KEY and JANUS_INFERENCE_MODEL."
    )


def about_the_agents(stack: Stack) -> tuple[str, ...]:
    """What is missing for questions that need an agent; nothing where there are no sandboxes of ours."""
    sandbox = next((service for service in stack.services if service.name == "sandbox"), None)
    if sandbox is None or sandbox.environment[agents.IMAGE]:
        return ()
    return (f"No agents for complex questions: `{agents.INSTALL}` installs some, then start again.",)


def program(name: str) -> str:
    """How to call a program from here: by name when on PATH, else beside our own interpreter."""
    beside = Path(sys.executable).parent / name
    if shutil.which(name) or not beside.exists():
        return name
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)


def start_failure(failed: Sequence[Supervised], seconds: float, home: Home) -> str:
    """Which services did not start, what each said last, and what to do."""
    return "\n\n".join(_one_failure(service, seconds, home) for service in failed)


def _one_failure(service: Supervised, seconds: float, home: Home) -> str:
    name, log = service.service.name, os.path.relpath(home.log(service.service.name))
    what, fix = _what_and_fix(service, seconds, log)
    style = style_of(1, os.environ)
    said = "\n".join(shown for line in service.last_lines if (shown := essence(line, style)))
    return "\n".join(
        (
            style.paint(f"{name} did not start: {what}", "1;31"),
            *(f"  {line}" for line in said.splitlines()[-_LINES_SHOWN:]),
            style.paint(f"  -> {fix}", "1"),
        )
    )


def _what_and_fix(service: Supervised, seconds: float, log: str) -> tuple[str, str]:
    if service.last_status == BAD_CONFIGURATION:
        return "it refuses its configuration", "correct what it names above, then start again"
    if service.state is State.FAILED:
        what, _, fix = service.reason.partition(": ")
        return what, fix
    if service.hopeless:
        ending = how_it_ended(service.last_status)
        return (
            f"it {ending}, {service.restarts} times",
            f"{log} has all of it; `janus doctor` checks the machine",
        )
    ends = f"ended {service.restarts}x, " if service.restarts else ""
    return (
        f"not healthy within {seconds:g} s ({ends}{service.reason or 'no answer yet'})",
        f"see {log}, or give it longer with --wait",
    )
