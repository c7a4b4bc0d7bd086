"""One agent at work in a sandbox, as a stream of events that always ends with `complete` or `error`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from janus_mesh import logs
from janus_mesh.errors import Internal, InvalidRequest, JanusError

from . import metrics
from .agents import Agent
from .backend import Box, Command
from .commands import Ending, Line, follow
from .sandbox import Sandbox

log = logs.get("sandbox.agent")

Event = dict[str, Any]

_NOT_FOUND = 127
_WORKSPACE = "/workspace"


@dataclass(frozen=True, slots=True)
class AgentOrder:
    """What an agent is to do, and with what."""

    name: str
    agent: Agent
    model: str
    prompt: str
    raw_prompt: bool
    system_prompt: str
    api_base_url: str
    seconds: float
    env: Mapping[str, str]

    def command(self, sandbox: Sandbox) -> Command:
        takes_system = any("{system_prompt}" in str(word) for word in self.agent.argv)
        prefixed = self.system_prompt and not self.raw_prompt and not takes_system
        values = {
            "prompt": f"{self.system_prompt}\n\n{self.prompt}" if prefixed else self.prompt,
            "model": self.model,
            "api_base_url": self.api_base_url,
            "system_prompt": self.system_prompt,
        }
        argv, env = self.agent.command(values)
        return Command(argv, _WORKSPACE, {**sandbox.order.env, **env, **self.env})


def begin(sandbox: Sandbox, box: Box, order: AgentOrder) -> AsyncGenerator[Event, None]:
    """The events of a run; closing the iterator ends the agent.

    Raises `InvalidRequest` while another one is at work in the sandbox.
    """
    if sandbox.agent_stop is not None:
        raise _busy()
    return _run(sandbox, box, order)


def cancel(sandbox: Sandbox) -> bool:
    """Ends the agent that is at work; whether there was one."""
    if sandbox.agent_stop is None:
        return False
    sandbox.agent_stop.set()
    return True


async def _run(sandbox: Sandbox, box: Box, order: AgentOrder) -> AsyncGenerator[Event, None]:
    if sandbox.agent_stop is not None:  # two began before either was iterated over
        yield _error(_busy())
        return
    stop = sandbox.agent_stop = asyncio.Event()
    began = time.monotonic()
    end = "left"
    try:
        with metrics.AGENTS.track_inprogress():
            yield {"type": "status", "status": "running", "message": f"{order.name} is at work"}
            parts = follow(
                box,
                order.command(sandbox),
                seconds=order.seconds,
                stop=stop,
                left_open=sandbox.left_open,
            )
            async with aclosing(parts):
                async for part in parts:
                    if isinstance(part, Line):
                        yield {"type": "agent-output", "stream": part.stream, "data": part.text}
                    else:
                        ended = _ended(order, part, cancelled=stop.is_set())
                        end = "cancelled" if stop.is_set() else ended["type"]
                        yield ended
    except JanusError as error:
        end = error.code
        yield _error(error)
    except Exception:
        end = "fault"
        log.exception("agent run failed", sandbox=sandbox.id)
        yield _error(Internal("internal error of the sandbox service; its log says more"))
    finally:
        sandbox.agent_stop = None
        seconds = round(time.monotonic() - began, 3)
        log.info("agent run", sandbox=sandbox.id, agent=order.name, end=end, seconds=seconds)


def _busy() -> InvalidRequest:
    return InvalidRequest("an agent is at work in this sandbox already", code="agent_running")


def _error(error: JanusError) -> Event:
    return {"type": "error", "message": error.message, "code": error.code}


def _ended(order: AgentOrder, ending: Ending, *, cancelled: bool) -> Event:
    if ending.exit_code == _NOT_FOUND and order.name != "command":
        message = f"{order.name} is not installed in the sandbox's image"
        return {"type": "error", "message": message, "code": "agent_not_installed"}
    return {
        "type": "complete",
        "success": ending.exit_code == 0 and not cancelled,
        "exitCode": ending.exit_code,
        "duration": round(ending.seconds, 3),
        "timedOut": ending.timed_out,
        "cancelled": cancelled,
    }
