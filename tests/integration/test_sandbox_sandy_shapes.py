"""Sandy's API as its clients use it, against our own service; see `support/sandy_shapes`."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import support
from support.sandbox_service import SandboxService, error_of, sandbox_service

from janus_baseline.agent_cli import sandy_background, sandy_shapes
from janus_baseline.agent_cli.sandy_shapes import Ended, Executed, Line

pytestmark = pytest.mark.asyncio(loop_scope="module")

REQUESTS: dict[str, Any] = json.loads(Path(support.__path__[0], "sandy_shapes", "requests.json").read_text())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service() -> AsyncIterator[SandboxService]:
    async with sandbox_service(sandbox_owner_share=0.25, sandbox_max=8) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    return await service.create()


async def made(service: SandboxService, request: object) -> dict[str, Any]:
    content = b"" if request is None else json.dumps(request).encode()
    headers = {} if request is None else {"content-type": "application/json"}
    answer = await service.client.post("/api/sandboxes", content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_sandbox_is_made_as_its_clients_order_it(service: SandboxService, name: str) -> None:
    body = await made(service, REQUESTS[name]["request"])
    await service.terminate(body["sandboxId"])
    assert {key: body[key] for key in REQUESTS[name]["meaning"]} == REQUESTS[name]["meaning"]


async def test_a_sandbox_is_described_in_every_spelling(service: SandboxService, sandbox: str) -> None:
    body = await service.get(sandbox)
    assert (body["sandboxId"], body["status"], body["publicUrl"]) == (sandbox, "running", body["url"])
    assert sandy_shapes.sandbox_id(body) == sandbox


@pytest.mark.parametrize("priority", [4, -1, "urgent", True, 1e300, None])
async def test_an_unknown_priority_is_refused(service: SandboxService, priority: object) -> None:
    answer = await service.client.post("/api/sandboxes", json={"priority": priority})
    status, param, _ = error_of(answer)
    assert (status, param) == (400, "priority")


async def test_files_are_listed_as_names_too(service: SandboxService, sandbox: str) -> None:
    await service.post(sandbox, "files/write", path="/workspace/seen/a.txt", content="x")
    listed = await service.client.get(
        f"/api/sandboxes/{sandbox}/files/list", params={"path": "/workspace/seen"}
    )
    assert listed.json()["files"] == ["a.txt"]


async def test_a_command_may_have_its_time_in_seconds(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, "sleep 60", timeout=0.2)
    assert ran["timedOut"] is True


async def test_a_command_may_say_nothing_of_its_folder_and_variables(
    service: SandboxService, sandbox: str
) -> None:
    ran = await service.exec(sandbox, "pwd", cwd=None, env=None)
    assert ran["stdout"] == "/workspace\n"


async def test_a_sandbox_is_ended_by_delete(service: SandboxService) -> None:
    sandbox = await service.create()
    answer = await service.client.delete(f"/api/sandboxes/{sandbox}")
    assert (answer.status_code, answer.json()["status"]) == (200, "terminated")


async def test_resources_say_whether_there_is_room(service: SandboxService, sandbox: str) -> None:
    told = (await service.client.get("/api/resources")).json()
    assert (told["canCreateSandbox"], told["rejectReason"]) == (True, None)
    assert told["priorityBreakdown"]["NORMAL"] >= 1
    assert told["memoryTotalBytes"] > told["memoryAvailableBytes"] > 0
    assert told["limits"]["maxSandboxes"] == 8


async def test_one_owner_has_a_share_of_the_sandboxes(service: SandboxService) -> None:
    mine = [await service.create(owner="a", flavor="small") for _ in range(2)]
    refused = await service.client.post("/api/sandboxes", json={"owner": "a", "flavor": "small"})
    other = await service.create(owner="b", flavor="small")
    for one in (*mine, other):
        await service.terminate(one)
    assert error_of(refused) == (429, None, "sandbox_share_used")


def executing(service: SandboxService, sandbox: str) -> sandy_background.Execute:
    async def execute(command: str) -> Executed:
        return sandy_shapes.executed(await service.exec(sandbox, command))

    return execute


async def test_a_command_runs_in_the_background_by_exec_alone(service: SandboxService, sandbox: str) -> None:
    command = "for i in 1 2 3; do echo \"line $i of $NAME\"; done; printf 'no end' >&2; exit 5"
    run = sandy_background.run(executing(service, sandbox), command, {"NAME": "it's"}, 30)
    said = [one async for one in run]
    assert [one.text for one in said if isinstance(one, Line) and one.stream == "stdout"] == [
        f"line {number} of it's" for number in (1, 2, 3)
    ]
    assert Line("stderr", "no end") in said
    assert said[-1] == Ended(5, False)


async def test_a_long_output_in_the_background_comes_whole(service: SandboxService, sandbox: str) -> None:
    run = sandy_background.run(executing(service, sandbox), "seq 1 100000", {}, 30)
    lines = [one.text async for one in run if isinstance(one, Line)]
    assert lines == [str(number) for number in range(1, 100_001)]


@pytest.mark.parametrize("how", ["time", "left"])
async def test_a_command_in_the_background_does_not_outlive_its_run(
    service: SandboxService, sandbox: str, how: str
) -> None:
    run = sandy_background.run(
        executing(service, sandbox), "echo up; sleep 76543", {}, 0 if how == "time" else 60
    )
    if how == "time":
        assert [one async for one in run][-1] == Ended(124, True)
    else:
        assert await anext(run) == Line("stdout", "up")
        await run.aclose()
    assert (await service.exec(sandbox, "pgrep -fx 'sleep 76543'"))["stdout"] == ""
