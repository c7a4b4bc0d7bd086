"""Complex questions through the edge: real agents in real sandboxes, whose files come back as artifacts."""

import asyncio
import hashlib
import json
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.agent_stack import AGENTS, EXTRA_AGENTS, KEY, AgentAnswer, AgentStack, agent_stack, asking
from support.http_competitor import HttpCompetitor, Reply
from support.scripted_model import ARTIFACT, CONTENT, hanging_model

from janus_baseline.agent_cli import pack
from janus_baseline.agent_cli.platform import Platform
from janus_baseline.agent_cli.sandy_shapes import Executed
from janus_baseline.agent_cli.settings import AgentCliSettings
from janus_baseline.agent_cli.task import Task
from janus_baseline.agent_cli.workplace import Workplaces
from janus_mesh.request_token import mint

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

QUESTION = "Write a table of cities to report.csv."
BASELINES: dict[str, dict[str, Any]] = {
    **{name: {"agent": name} for name in (*AGENTS, *EXTRA_AGENTS)},
    "brief": {"agent": "pi", "artifact_ttl": 1},
}


async def boastful(reply: Reply) -> None:
    """A competitor that uses a sandbox for a moment and reports an hour."""
    headers = {"x-janus-token": reply.asked.headers["x-janus-token"]}
    async with httpx.AsyncClient(base_url=PLATFORM["url"], headers=headers, timeout=30) as platform:
        made = (await platform.post("/api/sandboxes", json={})).json()
        await platform.post(f"/api/sandboxes/{made['sandboxId']}/terminate")
    chunks = [
        scripts.chunk({"content": "done"}),
        scripts.chunk(finish="stop"),
        {**scripts.chunk(), "choices": [], "usage": scripts.usage(sandbox_seconds=3600.0)},
    ]
    await scripts.chunks(chunks)(reply)


# Known once the stack has its ports.
PLATFORM: dict[str, str] = {}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def janus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AgentStack]:
    async with (
        HttpCompetitor(boastful) as liar,
        agent_stack(tmp_path_factory.mktemp("agents"), BASELINES, {"boastful": liar.url}) as running,
    ):
        PLATFORM["url"] = running.stack.platform_url
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=(*AGENTS, *EXTRA_AGENTS))
async def answered(janus: AgentStack, request: pytest.FixtureRequest) -> AgentAnswer:
    """What each agent makes of the question."""
    return await janus.stream(request.param, QUESTION)


async def test_the_agents_file_can_be_fetched_with_the_bytes_that_were_promised(
    janus: AgentStack, answered: AgentAnswer
) -> None:
    (descriptor,) = answered.steps("artifact")
    fetched = await janus.client.get(descriptor["url"])
    assert fetched.content == CONTENT.encode()
    assert descriptor["sha256"] == hashlib.sha256(fetched.content).hexdigest()
    assert descriptor["size_bytes"] == len(fetched.content)
    assert (descriptor["display_name"], descriptor["mime_type"]) == (ARTIFACT, "text/csv")
    assert descriptor["url"].startswith("/v1/artifacts/")


async def test_the_answer_links_to_the_artifact_at_the_gateway(answered: AgentAnswer) -> None:
    (descriptor,) = answered.steps("artifact")
    assert answered.sse.content == f"The report is in [the table]({descriptor['url']})."
    assert answered.sse.done


async def test_reasoning_and_steps_tell_the_sandboxs_life_and_the_agents_tools(
    janus: AgentStack, answered: AgentAnswer
) -> None:
    (path,), (start,), (end,) = map(answered.steps, ("path", "sandbox_start", "sandbox_end"))
    assert (path["path"], path["rule"]) == ("complex", "named file")
    assert (start["pack"], start["model"]) == ("v1", "provider")
    assert start["sandbox_id"] == end["sandbox_id"]
    for told in ("was ready after", "The sandbox ended after", f"Kept {ARTIFACT}."):
        assert told in answered.reasoning
    begun, ended = answered.steps("tool_start"), answered.steps("tool_end")
    assert [one["id"] for one in begun] == [one["id"] for one in ended] != []
    assert all(one["ok"] for one in ended)
    assert (await janus.sandbox(start["sandbox_id"]))["endReason"] == "terminated"


async def test_usage_has_the_models_tokens_the_sandboxs_time_and_the_cost(answered: AgentAnswer) -> None:
    turns, rest = divmod(answered.usage["prompt_tokens"], 100)
    assert turns >= 1
    assert rest == 0
    assert answered.usage["completion_tokens"] == 20 * turns
    (end,) = answered.steps("sandbox_end")
    assert answered.usage["sandbox_seconds"] == pytest.approx(end["seconds"], abs=1, rel=0.1)
    assert answered.usage["cost_usd"] > 0
    assert answered.usage["janus"] == {"source": "metered"}  # nothing had to be overridden


async def test_an_artifact_has_a_head_and_ranges(janus: AgentStack, answered: AgentAnswer) -> None:
    (descriptor,) = answered.steps("artifact")
    head = await janus.client.head(descriptor["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(CONTENT))
    part = await janus.client.get(descriptor["url"], headers={"range": "bytes=5-15"})
    assert (part.status_code, part.text) == (206, CONTENT[5:16])
    assert part.headers["content-range"] == f"bytes 5-15/{len(CONTENT)}"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def whole(janus: AgentStack) -> dict[str, Any]:
    """An answer that is not streamed, whose artifact is kept for a second."""
    body: dict[str, Any] = (await janus.chat("brief", QUESTION)).json()
    return body


async def test_an_answer_in_one_piece_has_it_all(whole: dict[str, Any]) -> None:
    message = whole["choices"][0]["message"]
    (artifact,) = message["artifacts"]
    assert artifact["url"] in message["content"]
    assert "The sandbox ended" in message["reasoning_content"]
    assert whole["usage"]["sandbox_seconds"] > 0


async def test_an_artifact_is_gone_when_its_time_is_over(janus: AgentStack, whole: dict[str, Any]) -> None:
    (descriptor,) = whole["choices"][0]["message"]["artifacts"]
    assert descriptor["ttl_seconds"] == 1
    async with asyncio.timeout(30):
        while (fetched := await janus.client.get(descriptor["url"])).status_code != 410:
            # The store may forget it a moment before its link is too old.
            assert fetched.status_code == 404 or fetched.content == CONTENT.encode()
            await asyncio.sleep(0.05)
    assert fetched.json()["error"]["code"] == "artifact_expired"


async def test_files_of_the_user_lie_before_the_agent(janus: AgentStack) -> None:
    document = {"filename": "numbers.csv", "file_data": "data:text/csv;base64,MSwyCg=="}
    parts = [{"type": "text", "text": "What is in it?"}, {"type": "file", "file": document}]
    asked = {"model": "pi", "messages": [{"role": "user", "content": parts}]}
    answer = await janus.client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200, answer.text
    told = json.dumps(janus.provider.requests[-1].json["messages"])
    assert "/workspace/inputs/numbers.csv" in told


async def test_the_packs_commands_reach_the_platform_services(janus: AgentStack) -> None:
    settings = AgentCliSettings(inference_url=f"{janus.stack.platform_url}/v1")
    token = mint(KEY, "pi", "req_tools", lifetime=120, budget_usd=1)
    async with (
        Platform(settings.platform_url, connect_seconds=5) as platform,
        Workplaces(settings) as workplaces,
        workplaces.ready(platform.account("req_tools", token), "pi", Task("none")) as workplace,
    ):

        async def run(command: str, *words: str) -> Executed:
            return await workplace.sandbox.execute([f"{pack.HOME}/bin/janus-{command}", *words])

        assert "Source: local index" in (await run("search", "otters")).stdout
        refused = await run("fetch", "http://127.0.0.1/")
        assert refused.exit_code == 1
        assert "127.0.0.1" in refused.stderr
        assert (await run("vectors", "add", "Otters", "hold", "hands.")).stdout == "Kept.\n"
        assert (await run("vectors", "search", "animals")).stdout == "Otters hold hands.\n"
        kept = json.loads((await run("artifact", pack.TASK)).stdout)
        assert kept["sha256"] == hashlib.sha256(b"none").hexdigest()
        used = await workplace.account.object("GET", "/v1/usage")
    assert used["calls"] >= 5  # on the account of the request that the sandbox was made for


async def begun(pieces: AsyncGenerator[str, None]) -> str:
    """Reads a stream until its sandbox has started; its id. Whoever lets go of `pieces` has left."""
    heard = ""
    async for piece in pieces:
        heard += piece
        for event in heard.split("\n\n"):
            if '"sandbox_start"' in event and event.endswith("}"):
                delta = json.loads(event.removeprefix("data: "))["choices"][0]["delta"]
                return str(delta["janus"]["payload"]["sandbox_id"])
    raise AssertionError(heard)


async def test_a_client_that_leaves_ends_the_sandbox_within_a_quarter_second_of_the_cancel(
    janus: AgentStack, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the cancel's arrival at the competitor, and at the sandbox service, to nothing being left."""
    at_work = asyncio.Event()
    janus.provider.next_chats.append(hanging_model(at_work))
    asked = asking("pi", QUESTION, stream=True)
    async with janus.client.stream("POST", "/v1/chat/completions", json=asked) as answer:
        sandbox = await begun(pieces := answer.aiter_text())
        async with asyncio.timeout(60):
            await at_work.wait()
        assert (await janus.sandbox(sandbox))["state"] == "running"
        with capture_logs() as lines:
            await pieces.aclose()
            await answer.aclose()
            left = time.monotonic()
            assert await janus.until_ended(sandbox) == "terminated"
            whole = time.monotonic() - left
            while not (ends := [line for line in lines if line["event"] == "sandbox ended"]):
                await asyncio.sleep(0.001)
    (of_competitor,) = [line["seconds"] for line in ends if line["sandbox"] == sandbox]
    of_service = janus.logged("sandbox", "sandbox ended", sandbox=sandbox)["seconds"]
    with capsys.disabled():
        print(
            f"\nsandbox ended {whole * 1000:.0f} ms after the client left the edge, "
            f"{of_competitor * 1000:.0f} after the cancel came to the competitor, "
            f"{of_service * 1000:.0f} after it came to the sandbox service"
        )
    assert of_service < 0.25
    assert of_competitor < 0.25
    assert whole < 2  # five processes on a machine that others keep busy


async def test_a_service_that_stops_ends_its_sandboxes(janus: AgentStack) -> None:
    stack, at_work = janus.stack, asyncio.Event()
    janus.provider.next_chats.append(hanging_model(at_work))
    stack.environment["JANUS_BASELINE_AGENT"] = "pi"
    stack.start("baseline")
    await asyncio.to_thread(stack.wait, "baseline")
    async with httpx.AsyncClient(base_url=stack.baseline_url, timeout=60) as client:
        asked = asking("m", QUESTION, stream=True)
        async with client.stream("POST", "/v1/chat/completions", json=asked) as answer:
            assert answer.headers["x-janus-path"] == "complex"
            sandbox = await begun(pieces := answer.aiter_text())
            async with asyncio.timeout(60):
                await at_work.wait()
            stack.services["baseline"].process.send_signal(signal.SIGTERM)
            assert await janus.until_ended(sandbox) == "terminated"
            await pieces.aclose()
    assert await asyncio.to_thread(stack.services["baseline"].process.wait, 40) == 0


async def test_a_reported_sandbox_time_that_the_platform_did_not_see_is_overridden_and_flagged(
    janus: AgentStack,
) -> None:
    usage = (await janus.chat("boastful", "hi")).json()["usage"]
    assert 0 < usage["sandbox_seconds"] < 60
    assert usage["janus"] == {
        "source": "reported",  # of the tokens: it asked no model
        "cost_source": "metered",
        "reported": {"sandbox_seconds": 3600.0},
    }


async def test_a_sandbox_service_that_is_away_leaves_the_fast_path(janus: AgentStack) -> None:
    """Last: it takes the service away."""
    janus.provider.chat = scripts.tokens("Hel", "lo")
    sandbox = janus.stack.services["sandbox"].process
    sandbox.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(sandbox.wait, 40) == 0
    answer = await janus.stream("pi", QUESTION)
    (path,) = answer.steps("path")
    assert (path["path"], path["wanted"], path["obstacle"]) == ("fast", "complex", "sandbox_unavailable")
    assert answer.sse.content == "Hello"
    demanded = await janus.chat("pi", QUESTION, metadata={"janus_path": "complex"})
    assert (demanded.status_code, demanded.json()["error"]["code"]) == (429, "sandbox_unavailable")
