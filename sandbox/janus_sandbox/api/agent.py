"""Agents at work, as server-sent events."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent

from janus_mesh.errors import InvalidRequest
from janus_sandbox.agent_run import AgentOrder, Event, begin, cancel
from janus_sandbox.agents import Agent, named
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.settings import SandboxSettings

from .wire import AgentRequest

_PING_SECONDS = 2


def agent_routes(settings: SandboxSettings, sandboxes: Sandboxes, agents: Mapping[str, Agent]) -> APIRouter:
    routes = APIRouter(prefix="/sandboxes/{sandbox_id}/agent")

    @routes.post("/run")
    async def run(sandbox_id: str, asked: AgentRequest) -> EventSourceResponse:
        """The agent's output as it comes; ends with `complete` or `error`. A client that leaves ends it."""
        sandbox, box = sandboxes.running(sandbox_id)
        if asked.max_duration > settings.sandbox_max_exec:
            raise InvalidRequest(f"maxDuration: at most {settings.sandbox_max_exec:g}", param="maxDuration")
        order = AgentOrder(
            name=asked.agent,
            agent=named(agents, asked.agent),
            model=asked.model,
            prompt=asked.prompt,
            raw_prompt=asked.raw_prompt,
            system_prompt=asked.system_prompt,
            api_base_url=asked.api_base_url or f"http://127.0.0.1:{box.egress_port}/v1",
            seconds=asked.max_duration,
            env=asked.env,
        )
        return EventSourceResponse(_written(begin(sandbox, box, order)), ping=_PING_SECONDS)

    @routes.post("/cancel")
    async def stop(sandbox_id: str) -> dict[str, Any]:
        """Ends the agent that is at work, whose stream then says so."""
        sandbox, _ = sandboxes.running(sandbox_id)
        return {"cancelled": cancel(sandbox)}

    return routes


async def _written(events: AsyncIterator[Event]) -> AsyncIterator[ServerSentEvent]:
    async for event in events:
        yield ServerSentEvent(data=orjson.dumps(event).decode())
