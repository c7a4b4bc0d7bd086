"""The complex path with no provider at all: a real agent in a sandbox, asking the embedded model."""

import shutil
from pathlib import Path

import httpx
import pytest
from support.agent_stack import asking, need_agents, sandbox_environment, state_folder
from support.edge_stack import SseAnswer
from support.http_service import serving
from support.stack import Stack

from janus_baseline.agent_cli.service import running
from janus_baseline.agent_cli.settings import AgentCliSettings

pytestmark = pytest.mark.timeout(180)


async def test_the_agent_path_runs_on_the_embedded_model_and_says_what_that_is_worth(tmp_path: Path) -> None:
    need_agents()
    stack, state = Stack(tmp_path), state_folder()
    stack.environment = {"JANUS_PLATFORM_URL": stack.platform_url, **sandbox_environment(state)}
    settings = AgentCliSettings(
        inference_url=f"{stack.platform_url}/v1", agent="pi", agent_timeout=90, agent_max_tokens=16
    )
    try:
        for name in ("platform", "sandbox"):
            stack.start(name)
        stack.wait("platform", "sandbox")
        async with running(settings) as app, serving(app) as url:
            asked = asking("m", "Say hello.", stream=True, metadata={"janus_path": "complex"})
            async with httpx.AsyncClient(base_url=url, timeout=150) as client:
                response = await client.post("/v1/chat/completions", json=asked)
    finally:
        stack.stop()
        shutil.rmtree(state, ignore_errors=True)
    answer = SseAnswer(response, response.text)
    told = [delta["janus"] for delta in answer.deltas if "janus" in delta]
    (start,) = [one["payload"] for one in told if one["event"] == "sandbox_start"]
    assert (start["model"], start["agent"]) == ("embedded", "pi")
    reasoning = "".join(delta.get("reasoning_content", "") for delta in answer.deltas)
    assert "small demonstration model" in reasoning
    assert answer.done
    assert answer.content.strip()
