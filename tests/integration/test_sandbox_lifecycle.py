"""Sandboxes come, stay and go: over the API, with real isolation beneath."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from support.sandbox_service import SandboxService, error_of, sandbox_service

from janus_sandbox.limits import FLAVORS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    async with sandbox_service(sandbox_backend=backend) as running:
        yield running


async def ended(service: SandboxService, sandbox_id: str) -> str:
    """Why a sandbox ended, as soon as it has."""
    while (found := await service.get(sandbox_id))["state"] != "terminated":
        await asyncio.sleep(0.01)
    reason: str = found["endReason"]
    return reason


@pytest.mark.every_backend
async def test_a_new_sandbox_runs_commands_at_once(service: SandboxService) -> None:
    sandbox = await service.create()
    assert (await service.exec(sandbox, "echo hi"))["stdout"] == "hi\n"


async def test_snake_case_and_unknown_fields_are_taken(service: SandboxService) -> None:
    sandbox = await service.create(ttl_seconds=50, expose_ports=[8080], flavor="small", image="another")
    found = await service.get(sandbox)
    assert (found["exposePorts"], found["flavor"], found["state"]) == ([8080], "small", "running")


async def test_a_terminated_sandbox_is_still_told_of(service: SandboxService) -> None:
    sandbox = await service.create()
    assert (await service.terminate(sandbox))["endReason"] == "terminated"
    assert (await service.get(sandbox))["state"] == "terminated"
    listed = (await service.client.get("/api/sandboxes")).json()["sandboxes"]
    assert sandbox in [one["sandboxId"] for one in listed]


@pytest.mark.every_backend
async def test_terminating_twice_is_harmless(service: SandboxService) -> None:
    sandbox = await service.create()
    first, second = await asyncio.gather(service.terminate(sandbox), service.terminate(sandbox))
    assert first["state"] == second["state"] == "terminated"


async def test_work_in_a_sandbox_that_is_gone_is_refused_with_the_reason(service: SandboxService) -> None:
    sandbox = await service.create()
    await service.terminate(sandbox)
    answer = await service.post(sandbox, "exec", command="true")
    assert error_of(answer) == (404, "sandboxId", "sandbox_gone")


async def test_an_unknown_sandbox_is_not_found(service: SandboxService) -> None:
    assert error_of(await service.client.get("/api/sandboxes/sb_none")) == (
        404,
        "sandboxId",
        "sandbox_not_found",
    )


@pytest.mark.every_backend
async def test_boxes_of_one_name_at_two_services_do_not_meet(service: SandboxService, backend: str) -> None:
    async with sandbox_service(sandbox_backend=backend) as other:
        boxes = [await running.backend.start("same", FLAVORS["small"]) for running in (service, other)]
        for box in boxes:
            await box.end()


@pytest.mark.every_backend
async def test_a_sandbox_ends_when_its_time_is_over(service: SandboxService) -> None:
    assert await ended(service, await service.create(ttlSeconds=0.2)) == "expired"


async def test_a_refreshed_sandbox_outlives_its_first_time(service: SandboxService) -> None:
    sandbox = await service.create(ttlSeconds=1)
    other = await service.create(ttlSeconds=1)
    assert (await service.post(sandbox, "refresh", ttlSeconds=60)).status_code == 200
    assert await ended(service, other) == "expired"
    assert (await service.get(sandbox))["state"] == "running"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"flavor": "huge"}, "flavor"),
        ({"priority": "urgent"}, "priority"),
        ({"ttlSeconds": 0}, "ttlSeconds"),
        ({"ttlSeconds": 1e9}, "ttlSeconds"),
        ({"exposePorts": [0]}, "exposePorts.0"),
        ({"env": {"A B": "1"}}, "env"),
        ({"env": {"A": "\0"}}, "env"),
    ],
)
async def test_a_wrong_field_is_named(service: SandboxService, fields: dict[str, object], param: str) -> None:
    assert error_of(await service.client.post("/api/sandboxes", json=fields)) == (400, param, "invalid_value")


async def test_a_body_that_is_no_json_is_refused(service: SandboxService) -> None:
    answer = await service.client.post(
        "/api/sandboxes", content=b"{", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


async def test_stats_count_what_lives(service: SandboxService) -> None:
    before = (await service.client.get("/api/stats")).json()
    sandbox = await service.create()
    after = (await service.client.get("/api/stats")).json()
    assert after["sandboxes"]["live"] == before["sandboxes"]["live"] + 1
    reserved = after["memoryBytes"]["reserved"] - before["memoryBytes"]["reserved"]
    assert reserved == FLAVORS["medium"].memory_bytes
    await service.terminate(sandbox)


@pytest.mark.every_backend
async def test_usage_is_measured_from_outside(service: SandboxService) -> None:
    sandbox = await service.create()
    await service.python(sandbox, "x = bytearray(100_000_000); sum(range(3_000_000))")
    usage = (await service.get(sandbox))["usage"]
    assert usage["peakMemoryBytes"] > 100_000_000
    assert usage["cpuSeconds"] > 0.05


@pytest.mark.every_backend
async def test_health_says_how_it_isolates(service: SandboxService, backend: str) -> None:
    health = (await service.client.get("/health")).json()
    assert health["status"] == "ok"
    assert health["isolation"]["backend"] == backend


async def test_only_the_key_opens_the_api() -> None:
    async with sandbox_service(sandy_api_key="secret") as service:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic secret"}):
            answer = await service.client.get("/api/sandboxes", headers=headers)
            assert answer.status_code == 401
        answer = await service.client.get("/api/sandboxes", headers={"authorization": "Bearer secret"})
        assert answer.status_code == 200
        assert (await service.client.get("/health")).status_code == 200


async def test_a_warm_sandbox_is_another_one_each_time() -> None:
    async with sandbox_service(sandbox_warm=1) as service:
        await service.sandboxes.pool.filled()
        first = await service.create(env={"WHOSE": "first"})
        assert (await service.exec(first, "echo $WHOSE; touch mine"))["stdout"] == "first\n"
        await service.sandboxes.pool.filled()
        second = await service.create()
        assert (await service.exec(second, "echo $WHOSE; ls"))["stdout"] == "\n"


async def test_without_room_a_sandbox_is_refused_with_a_time_to_come_back() -> None:
    async with sandbox_service(sandbox_max=1) as service:
        await service.create()
        answer = await service.client.post("/api/sandboxes", json={})
        assert error_of(answer) == (429, None, "no_capacity")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_low_priority_sandbox_gives_way_to_a_normal_one() -> None:
    async with sandbox_service(sandbox_max=2) as service:
        stays = await service.create()
        goes = await service.create(priority="low")
        await service.create()
        assert (await service.get(goes))["endReason"] == "preempted"
        assert (await service.get(stays))["state"] == "running"


async def test_of_many_that_come_at_once_each_takes_the_place_of_another() -> None:
    async with sandbox_service(sandbox_max=2) as service:
        for _ in range(2):
            await service.create(priority="low", flavor="small")
        asked = [service.client.post("/api/sandboxes", json={"flavor": "small"}) for _ in range(5)]
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
        assert statuses == [201, 201, 429, 429, 429]
        assert (await service.client.get("/api/stats")).json()["sandboxes"]["live"] == 2


async def test_a_client_that_leaves_while_its_sandbox_is_made_leaves_none() -> None:
    async with sandbox_service() as service:
        asking = asyncio.create_task(service.create())
        while not service.sandboxes.live:
            await asyncio.sleep(0)
        asking.cancel()
        while service.sandboxes.live:
            await asyncio.sleep(0.01)
        (made,) = service.sandboxes.all()
        assert made.end_reason == "failed"


async def test_preemption_ends_a_command_with_a_typed_error() -> None:
    async with sandbox_service(sandbox_max=1) as service:
        goes = await service.create(priority="low")
        running = asyncio.create_task(service.post(goes, "exec", command="echo > up; sleep 60"))
        while "up" not in (await service.client.get(f"/api/sandboxes/{goes}/files/list")).text:
            await asyncio.sleep(0.01)
        await service.create()
        assert error_of(await running) == (503, None, "sandbox_gone")


async def test_memory_is_a_bound_as_well() -> None:
    async with sandbox_service(sandbox_memory_bytes=FLAVORS["small"].memory_bytes) as service:
        assert (await service.client.post("/api/sandboxes", json={})).status_code == 429
        await service.create(flavor="small")


async def test_a_body_of_too_many_values_is_refused() -> None:
    async with sandbox_service() as service:
        refused = await service.client.post("/api/sandboxes", json={"x": [1] * 100_000})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "too_many_values")
