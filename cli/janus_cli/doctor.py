"""`janus doctor`: looks at everything that Janus needs, and says what to do about what is wrong."""

import asyncio
import os
from collections.abc import Iterator, Mapping

from . import checks, sandboxing, services
from .checks import Finding, Level
from .screen import style_of
from .state import Home

_COLOURS = {Level.OK: "32", Level.WARN: "33", Level.FAIL: "1;31"}
_CHAT_SECONDS = 30.0


def run() -> int:
    """Prints one line a finding as it is found. 1 when one is a failure."""
    environment = dict(os.environ)
    style = style_of(1, environment)
    failures = 0
    for finding in _findings(environment):
        failures += finding.level is Level.FAIL
        mark = style.paint(f"{finding.level:<4}", _COLOURS[finding.level])
        fix = style.paint(f"\n       -> {finding.fix}", "2") if finding.fix else ""
        print(f"{mark}  {finding.subject:<16} {finding.detail}{fix}", flush=True)
    return 1 if failures else 0


def _findings(environment: Mapping[str, str]) -> Iterator[Finding]:
    home = Home.from_environment(environment)
    running = home.running()
    yield checks.python()
    yield checks.node()
    yield checks.packages()
    yield checks.model(environment)
    yield checks.registry(environment)
    try:
        sandboxed = sandboxing.wanted(environment) and not sandboxing.obstacle(environment)
        stack = services.resolve(environment, sandbox_key="doctor" if sandboxed else "")
    except services.BadVariable as error:
        yield Finding(Level.FAIL, "environment", str(error), "correct the variable")
    else:
        yield from checks.addresses(stack, running)
    yield from checks.machine()
    yield checks.disk(home)
    yield checks.open_files()
    yield checks.sandboxes(environment)
    yield checks.installed_agents(environment)
    yield from checks.tools()
    if running is not None:
        yield asyncio.run(chat_round_trip(running.url("router")))


async def chat_round_trip(target: str) -> Finding:
    """Whether the running stack answers, if only with one token."""
    # Late: the mesh takes most of a second to load, and only this check needs it.
    from janus_mesh import dial
    from janus_mesh.errors import JanusError
    from janus_proto._gen.janus.chat.v1 import request_pb2

    from .error_line import error_line

    request = request_pb2.ChatRequest(
        model=os.environ.get("JANUS_DEFAULT_MODEL") or "janus",
        messages=[request_pb2.Message(role=request_pb2.ROLE_USER, text="Hello")],
        max_tokens=1,
    )
    model = ""
    try:
        async with dial(target) as peer, peer.chat(request, deadline=_CHAT_SECONDS) as exchange:
            async for event in exchange:
                model = event.start.model or model
    except JanusError as error:
        fix = "`janus status` and `janus logs` say more"
        return Finding(Level.FAIL, "chat", error_line(error, target), fix)
    return Finding(Level.OK, "chat", f"{model or 'the router'} answers")
