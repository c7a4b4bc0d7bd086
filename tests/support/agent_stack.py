"""The whole of Janus around real agents: edge, router, shim, baselines, platform, sandboxes.

The model alone is scripted. The baselines run in the test's own event loop, one for each agent, so that
all of them share one stack.
"""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.edge_stack import SseAnswer
from support.http_competitor import HttpCompetitor
from support.http_service import serving
from support.scripted_dialects import dialects
from support.scripted_model import scripted_model
from support.stack import Stack

from janus_baseline.agent_cli.service import running
from janus_baseline.agent_cli.settings import AgentCliSettings
from janus_cli import agents, sandboxing

Json = dict[str, Any]
KEY = "k" * 32
SERVICES = ("platform", "sandbox", "router", "shim", "edge")
_LONG = 120.0
# Those that must be there, and those that are tried where somebody installed them.
AGENTS = ("aider", "mini-swe-agent", "pi", "opencode")
EXTRA_AGENTS = tuple(name for name in ("codex", "claude-code") if name in agents.installed(os.environ))


@dataclass
class AgentStack:
    """What tests need of it."""

    stack: Stack
    provider: HttpCompetitor
    client: httpx.AsyncClient  # of the edge

    async def chat(self, model: str, question: str, **fields: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json=asking(model, question, **fields))

    async def stream(self, model: str, question: str) -> "AgentAnswer":
        response = await self.chat(model, question, stream=True, stream_options={"include_usage": True})
        assert response.status_code == 200, response.text
        return AgentAnswer(SseAnswer(response, response.text))

    async def sandbox(self, sandbox_id: str) -> Json:
        """What the sandbox service itself says of a sandbox."""
        async with httpx.AsyncClient(base_url=self.stack.sandbox_url, timeout=_LONG) as client:
            found: Json = (await client.get(f"/api/sandboxes/{sandbox_id}")).json()
            return found

    def logged(self, service: str, event: str, **fields: Any) -> Json:
        """The one line of a service's log with this event and these fields."""
        lines = self.stack.services[service].log.read_text().splitlines()
        found = [json.loads(line) for line in lines if f'"{event}"' in line]
        (line,) = [one for one in found if one["event"] == event and fields.items() <= one.items()]
        return dict(line)

    async def until_ended(self, sandbox_id: str) -> str:
        """Waits until a sandbox has ended; why it did."""
        async with asyncio.timeout(60):
            while (found := await self.sandbox(sandbox_id))["state"] != "terminated":
                await asyncio.sleep(0.002)
        return str(found["endReason"])


@dataclass
class AgentAnswer:
    """A stream that was read to its end."""

    sse: SseAnswer

    def steps(self, event: str) -> list[Json]:
        """The payloads of all events of this name."""
        told = [delta["janus"] for delta in self.sse.deltas if "janus" in delta]
        return [one["payload"] for one in told if one["event"] == event]

    @property
    def reasoning(self) -> str:
        return "".join(delta.get("reasoning_content", "") for delta in self.sse.deltas)

    @property
    def usage(self) -> Json:
        (usage,) = [chunk["usage"] for chunk in self.sse.chunks if chunk.get("usage")]
        return dict(usage)


def asking(model: str, question: str, **fields: Any) -> Json:
    return {"model": model, "messages": [{"role": "user", "content": question}], **fields}


@asynccontextmanager
async def agent_stack(
    folder: Path, baselines: Mapping[str, Mapping[str, Any]], others: Mapping[str, str] | None = None
) -> AsyncIterator[AgentStack]:
    """A stack with these baselines, by id and settings, and other competitors, by id and URL."""
    need_agents()
    state = state_folder()
    stack = Stack(folder)
    async with AsyncExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, state, ignore_errors=True)
        provider = await cleanup.enter_async_context(HttpCompetitor(scripted_model()))
        provider.routes |= dialects()
        stack.environment = {
            "OPENAI_API_KEY": "sk-provider",
            "OPENAI_BASE_URL": f"{provider.url}/v1",
            "JANUS_PLATFORM_KEY": KEY,
            "JANUS_PLATFORM_URL": stack.platform_url,
            "JANUS_SHIM_ARTIFACT_ORIGINS": stack.platform_url,
            **sandbox_environment(state),
        }
        competitors = dict(others or {})
        for name, settings in baselines.items():
            configured = AgentCliSettings(inference_url=f"{stack.platform_url}/v1", **settings)
            app = await cleanup.enter_async_context(running(configured))
            competitors[name] = await cleanup.enter_async_context(serving(app))
        stack.registry.write_text(registry(competitors))
        cleanup.push_async_callback(asyncio.to_thread, stack.stop)
        await asyncio.to_thread(_start, stack, tuple(competitors))
        client = httpx.AsyncClient(base_url=stack.url, timeout=_LONG, trust_env=False, verify=False)
        yield AgentStack(stack, provider, await cleanup.enter_async_context(client))


def registry(competitors: Mapping[str, str]) -> str:
    """A registry file of these ids and URLs."""
    return "competitors:\n" + "".join(
        f"  - id: {name}\n    url: {url}\n" for name, url in competitors.items()
    )


def _start(stack: Stack, competitors: tuple[str, ...]) -> None:
    for name in SERVICES:
        stack.start(name)
    stack.wait(*SERVICES)
    for name in competitors:
        stack.wait_for_competitor(name)


def sandbox_environment(state: Path) -> dict[str, str]:
    """What has the sandbox service show the agents to its sandboxes."""
    return {"JANUS_SANDBOX_IMAGE": agents.image(os.environ), "JANUS_SANDBOX_STATE": str(state)}


def state_folder() -> Path:
    """One that the sandboxes' users may pass through."""
    state = Path(tempfile.mkdtemp(prefix="janus-sandbox-"))
    state.chmod(0o711)
    return state


def need_agents() -> None:
    """Skips the test where agents cannot run, and fails it where they must."""
    missing = sandboxing.obstacle({}) or (
        "" if set(AGENTS) <= set(agents.installed(os.environ)) else f"agents are missing: {agents.INSTALL}"
    )
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
