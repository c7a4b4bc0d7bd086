"""Agents at work: events as they come, one ending whatever happens, nothing left when the client leaves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from support.sandbox_service import SandboxService, alive, error_of, events_in, sandbox_service

from janus_sandbox.agents import AGENTS, Agent

pytestmark = pytest.mark.asyncio(loop_scope="module")

# An agent of the test's own: it says what it was given.
ECHO = Agent(
    argv=("/usr/bin/env", "printf", "%s\\n", ("model={model}",), "{prompt}", "$BASE"),
    env={"BASE": "{api_base_url}"},
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    async with sandbox_service(AGENTS | {"echo": ECHO}, sandbox_backend=backend) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    return await service.create(env={"OF_SANDBOX": "1"})


def said(events: list[dict[str, object]]) -> list[object]:
    return [event["data"] for event in events if event["type"] == "agent-output"]


@pytest.mark.every_backend
async def test_lines_stream_and_the_ending_is_complete(service: SandboxService, sandbox: str) -> None:
    events = await service.agent(sandbox, agent="command", prompt="echo a; echo b >&2; printf c; exit 3")
    assert events[0]["type"] == "status"
    assert sorted((event["stream"], event["data"]) for event in events[1:-1]) == [
        ("stderr", "b"),
        ("stdout", "a"),
        ("stdout", "c"),
    ]
    ending = events[-1]
    assert (ending["type"], ending["success"], ending["exitCode"]) == ("complete", False, 3)
    assert ending["duration"] > 0


async def test_a_prompt_is_never_parsed(service: SandboxService, sandbox: str) -> None:
    prompt = "$(touch evil) `touch evil` {model} ; touch evil"
    assert said(await service.agent(sandbox, agent="echo", prompt=prompt))[0] == prompt
    assert "evil" not in (await service.exec(sandbox, "ls"))["stdout"]


async def test_the_system_prompt_goes_first_unless_the_prompt_is_raw(
    service: SandboxService, sandbox: str
) -> None:
    asked = {"agent": "echo", "prompt": "do it", "systemPrompt": "be kind"}
    assert said(await service.agent(sandbox, **asked))[:3] == ["be kind", "", "do it"]
    assert said(await service.agent(sandbox, **asked, rawPrompt=True))[0] == "do it"


async def test_variables_come_from_sandbox_agent_and_request(service: SandboxService, sandbox: str) -> None:
    events = await service.agent(sandbox, agent="command", prompt="echo $OF_SANDBOX $MINE", env={"MINE": "2"})
    assert said(events) == ["1 2"]


async def test_a_line_comes_while_the_agent_still_works(service: SandboxService, sandbox: str) -> None:
    prompt = "echo first; until [ -e go ]; do sleep 0.01; done; echo last"
    url = f"/api/sandboxes/{sandbox}/agent/run"
    async with service.client.stream("POST", url, json={"agent": "command", "prompt": prompt}) as answer:
        heard = ""
        async for text in answer.aiter_text():
            heard += text
            if "first" in heard and "last" not in heard:
                await service.exec(sandbox, "touch go")
    assert said(events_in(heard)) == ["first", "last"]


async def test_silence_is_filled_with_pings(service: SandboxService, sandbox: str) -> None:
    answer = await service.post(sandbox, "agent/run", agent="command", prompt="sleep 2.5")
    assert ": ping" in answer.text


async def test_a_long_line_comes_in_pieces(service: SandboxService, sandbox: str) -> None:
    events = await service.agent(sandbox, agent="command", prompt="head -c 200000 /dev/zero | tr '\\0' x")
    assert "".join(str(part) for part in said(events)) == "x" * 200_000


@pytest.mark.every_backend
async def test_a_flood_is_held_back_by_its_reader_and_loses_nothing(
    service: SandboxService, sandbox: str
) -> None:
    events = await service.agent(sandbox, agent="command", prompt="seq 20000")
    assert said(events) == [str(number) for number in range(1, 20001)]


async def test_an_agent_that_takes_too_long_is_ended(service: SandboxService, sandbox: str) -> None:
    events = await service.agent(sandbox, agent="command", prompt="sleep 60", maxDuration=0.2)
    assert (events[-1]["type"], events[-1]["timedOut"], events[-1]["success"]) == ("complete", True, False)


@pytest.mark.every_backend
async def test_cancel_ends_the_agent_and_its_stream_says_so(service: SandboxService, sandbox: str) -> None:
    running = asyncio.create_task(
        service.agent(sandbox, agent="command", prompt="echo $$ >pid; setsid sleep 76543 & sleep 76543")
    )
    await service.exec(sandbox, "until [ -s pid ]; do sleep 0.01; done", timeoutMs=5000)
    assert (await service.post(sandbox, "agent/cancel")).json() == {"cancelled": True}
    ending = (await running)[-1]
    assert (ending["type"], ending["cancelled"], ending["success"]) == ("complete", True, False)
    assert (await service.exec(sandbox, "pgrep -fx 'sleep 76543'"))["stdout"] == ""


async def test_cancel_without_an_agent_says_that_there_was_none(
    service: SandboxService, sandbox: str
) -> None:
    assert (await service.post(sandbox, "agent/cancel")).json() == {"cancelled": False}


@pytest.mark.every_backend
async def test_a_client_that_leaves_ends_the_agent_within_a_quarter_second(
    service: SandboxService, sandbox: str
) -> None:
    watch = "until pgrep -fx 'sleep 65432'; do sleep 0.01; done"
    gone = "while pgrep -fx 'sleep 65432'; do sleep 0.005; done"
    url = f"/api/sandboxes/{sandbox}/agent/run"
    async with service.client.stream("POST", url, json={"agent": "command", "prompt": "sleep 65432"}):
        await service.exec(sandbox, watch, timeoutMs=5000)
    left = time.monotonic()
    assert (await service.exec(sandbox, gone, timeoutMs=5000))["timedOut"] is False
    # gVisor's kernel takes its time for the looking.
    assert time.monotonic() - left < (1.0 if service.backend.isolation.backend == "gvisor" else 0.25)
    assert (await service.agent(sandbox, agent="command", prompt="true"))[-1]["success"] is True


async def test_one_agent_at_a_time_works_in_a_sandbox(service: SandboxService, sandbox: str) -> None:
    running = asyncio.create_task(service.agent(sandbox, agent="command", prompt="touch busy; sleep 60"))
    await service.exec(sandbox, "until [ -e busy ]; do sleep 0.01; done", timeoutMs=5000)
    answer = await service.post(sandbox, "agent/run", agent="command", prompt="true")
    assert error_of(answer) == (400, None, "agent_running")
    await service.post(sandbox, "agent/cancel")
    await running


@pytest.mark.every_backend
async def test_a_sandbox_that_ends_under_its_agent_ends_the_stream_with_an_error(
    service: SandboxService,
) -> None:
    doomed = await service.create()
    running = asyncio.create_task(service.agent(doomed, agent="command", prompt="touch up; sleep 60"))
    await service.exec(doomed, "until [ -e up ]; do sleep 0.01; done", timeoutMs=5000)
    pids = service.processes(doomed)
    began = time.monotonic()
    ended = await service.terminate(doomed)
    assert ended["endReason"] == "terminated"
    assert not alive(pids)
    if service.backend.isolation.backend == "bubblewrap":  # the others start programs to end one
        assert time.monotonic() - began < 0.25
    ending = (await running)[-1]
    assert (ending["type"], ending["code"]) == ("error", "sandbox_gone")


async def test_an_agent_that_is_not_installed_is_named(service: SandboxService, sandbox: str) -> None:
    ending = (await service.agent(sandbox, agent="pi", prompt="hi"))[-1]
    assert (ending["type"], ending["code"]) == ("error", "agent_not_installed")


async def test_an_unknown_agent_is_refused_with_those_that_are_known(
    service: SandboxService, sandbox: str
) -> None:
    answer = await service.post(sandbox, "agent/run", agent="nobody", prompt="hi")
    assert error_of(answer)[:2] == (400, "agent")
    assert "aider" in json.dumps(answer.json())


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"agent": "command"}, "prompt"),
        ({"agent": "command", "prompt": ""}, "prompt"),
        ({"agent": "command", "prompt": "true", "maxDuration": 0}, "maxDuration"),
        ({"agent": "command", "prompt": "true", "maxDuration": 1e6}, "maxDuration"),
    ],
)
async def test_a_wrong_field_is_named(
    service: SandboxService, sandbox: str, fields: dict[str, object], param: str
) -> None:
    assert error_of(await service.post(sandbox, "agent/run", **fields))[:2] == (400, param)
