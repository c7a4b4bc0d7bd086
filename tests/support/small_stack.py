"""Small services to supervise, and rooms made of them that stand in for the real ones."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from support.stack import free_port

from janus_cli.identity import Identity
from janus_cli.services import GrpcProbe, HttpProbe, Listener, Service
from janus_cli.state import Home, Run

from .small_service import PROGRAM

_ROOMS = {
    "janus_platform": ("JANUS_PLATFORM_PORT", ""),
    "janus_baseline/agent_cli": ("BASELINE_AGENT_CLI_PORT", ""),
    "janus_baseline/langchain": ("BASELINE_LANGCHAIN_PORT", "--grpc"),
    "janus_shim": ("JANUS_SHIM_PORT", "--grpc"),
    "janus_router": ("JANUS_ROUTER_PORT", "--grpc"),
    "janus_competition": ("JANUS_COMPETITION_PORT", "--grpc"),
    "janus_edge": ("JANUS_PORT", ""),
}
_ROOM = """\
import os, runpy, sys
options = {options!r} + " " + os.environ.get("{name}", "")
sys.argv = ["{name}", "--name", "{name}", "--port", os.environ["{variable}"], *options.split()]
runpy.run_path({program!r}, run_name="__main__")
"""


def small(name: str, *options: object, grpc: bool = False) -> Service:
    """A small service on a free port."""
    port = free_port()
    target = f"127.0.0.1:{port}"
    words = ["--name", name, "--port", str(port), *map(str, options), *(["--grpc"] if grpc else [])]
    return Service(
        name=name,
        command=(sys.executable, "-S" if not grpc else "-B", str(PROGRAM), *words),
        url=f"{'grpc' if grpc else 'http'}://{target}",
        probe=GrpcProbe(target) if grpc else HttpProbe(target, "/health"),
        listeners=(Listener("127.0.0.1", port, f"{name.upper()}_PORT"),),
    )


def rooms(folder: Path, **options: str) -> dict[str, str]:
    """An environment in which `janus` starts small services, on free ports and with a home of their own.

    `options` are those of the small service, by package: `janus_edge="--crash"`.
    """
    for room, (variable, how) in _ROOMS.items():
        package = folder / "rooms" / room
        package.mkdir(parents=True)
        for parent in (package, package.parent):
            if parent.name != "rooms":
                parent.joinpath("__init__.py").touch()
        name = room.partition("/")[0]
        main = _ROOM.format(name=name, variable=variable, options=how, program=str(PROGRAM))
        package.joinpath("__main__.py").write_text(main)
    ports = {variable: str(free_port()) for variable, _ in _ROOMS.values()}
    metrics = {"JANUS_ROUTER_METRICS_PORT": "0", "JANUS_SHIM_METRICS_PORT": "0"}
    metrics["JANUS_COMPETITION_METRICS_PORT"] = "0"
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("JANUS_", "BASELINE_"))
    }
    metrics["JANUS_SANDBOX"] = "off"
    home = {"JANUS_HOME": str(folder / "home"), "PYTHONPATH": str(folder / "rooms")}
    return {**inherited, **ports, **metrics, **home, **options}


async def janus(environment: Mapping[str, str], *words: str, stdin: bytes = b"") -> tuple[int, str]:
    """Runs the command to its end: its exit status and what it printed on both outputs."""
    process = await start_janus(environment, *words)
    said, _ = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def start_janus(environment: Mapping[str, str], *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "janus_cli",
        *words,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def read_until(process: asyncio.subprocess.Process, text: str) -> str:
    """What a command printed up to the line with this text."""
    assert process.stdout is not None
    said = ""
    while text not in said:
        line = await process.stdout.readline()
        assert line, f"ended before saying {text!r}: {said}"
        said += line.decode()
    return said


async def until(true: Callable[[], bool]) -> None:
    """Waits for what another process does, which sends no event: by looking again and again."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def home_of(environment: Mapping[str, str]) -> Home:
    return Home.from_environment(environment)


def processes(run: Run) -> list[Identity]:
    """The supervisor and its services."""
    return [run.supervisor, *(record.process for record in run.services if record.process)]


def end_all(environment: Mapping[str, str]) -> None:
    """Kills what a failed test left running."""
    run = home_of(environment).read()
    for process in processes(run) if run else ():
        with suppress(ProcessLookupError):
            process.send(signal.SIGKILL)
