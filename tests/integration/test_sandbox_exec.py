"""Commands in a sandbox: what they say, how they end, and that they stay within bounds."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from support.sandbox_service import SandboxService, error_of, sandbox_service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(backend: str) -> AsyncIterator[SandboxService]:
    async with sandbox_service(sandbox_max_output_bytes=100_000, sandbox_backend=backend) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox(service: SandboxService) -> str:
    return await service.create(env={"FROM_CREATE": "1", "BOTH": "create"})


async def until_there(service: SandboxService, sandbox: str, name: str) -> None:
    while name not in (await service.client.get(f"/api/sandboxes/{sandbox}/files/list")).text:
        await asyncio.sleep(0.01)


@pytest.mark.every_backend
async def test_both_outputs_and_the_code_come_back(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, "echo out; echo err >&2; exit 7")
    assert (ran["stdout"], ran["stderr"], ran["exitCode"]) == ("out\n", "err\n", 7)


async def test_words_are_passed_as_they_are(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, ["printf", "%s|", "a b", "$HOME", "é"])
    assert ran["stdout"] == "a b|$HOME|é|"


@pytest.mark.every_backend
async def test_environments_add_up_and_the_commands_own_wins(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, "echo $FROM_CREATE $BOTH", env={"BOTH": "exec"})
    assert ran["stdout"] == "1 exec\n"


@pytest.mark.every_backend
async def test_nothing_of_the_services_environment_comes_in(
    service: SandboxService, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVICE", "1")
    assert "SECRET" not in (await service.exec(sandbox, "env"))["stdout"]


async def test_a_command_runs_in_the_folder_that_is_asked_for(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "mkdir -p deep; pwd"))["stdout"] == "/workspace\n"
    assert (await service.exec(sandbox, "pwd", cwd="deep"))["stdout"] == "/workspace/deep\n"


@pytest.mark.parametrize("cwd", ["nowhere", "/etc", "../.."])
async def test_a_folder_that_is_not_the_sandboxs_own_is_refused(
    service: SandboxService, sandbox: str, cwd: str
) -> None:
    ran = await service.post(sandbox, "exec", command="pwd", cwd=cwd)
    assert ran.status_code == 400 or ran.json()["exitCode"] == 127


async def test_a_command_that_does_not_exist_says_so(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, ["no-such-program"])
    assert ran["exitCode"] == 127
    assert "no-such-program" in ran["stderr"]


async def test_a_signal_is_told_as_shells_do(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "kill -TERM $$"))["exitCode"] == 128 + 15


async def test_standard_input_is_empty(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "cat; echo over"))["stdout"] == "over\n"


@pytest.mark.every_backend
async def test_outputs_can_be_opened_by_name(service: SandboxService, sandbox: str) -> None:
    ran = await service.exec(sandbox, "echo a >/dev/stdout; echo b >/dev/stderr")
    assert (ran["stdout"], ran["stderr"]) == ("a\n", "b\n")


async def test_a_pipe_that_closes_ends_its_writer(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "yes | head -1", timeoutMs=5000))["stdout"] == "y\n"


@pytest.mark.every_backend
async def test_a_command_that_takes_too_long_is_ended_with_its_children(
    service: SandboxService, sandbox: str
) -> None:
    ran = await service.exec(sandbox, "setsid sleep 98765 & sleep 98765", timeoutMs=100)
    assert (ran["timedOut"], ran["exitCode"]) == (True, 124)
    left = await service.exec(sandbox, "pgrep -fx 'sleep 98765'")
    assert left["stdout"] == ""


@pytest.mark.every_backend
async def test_output_is_kept_up_to_its_bound_and_the_rest_is_dropped(
    service: SandboxService, sandbox: str
) -> None:
    ran = await service.exec(sandbox, "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2")
    assert (len(ran["stdout"]), ran["truncated"], ran["stderr"]) == (100_000, True, "end\n")


async def test_output_that_is_no_text_is_still_answered(service: SandboxService, sandbox: str) -> None:
    assert (await service.exec(sandbox, "printf '\\377ok'"))["stdout"] == "\ufffdok"


async def test_what_runs_in_the_background_goes_on_and_holds_nothing_up(
    service: SandboxService, sandbox: str
) -> None:
    began = time.monotonic()
    ran = await service.exec(sandbox, "(while [ ! -e stop ]; do sleep 0.01; done; touch stopped) & echo ok")
    assert ran["stdout"] == "ok\n"
    assert time.monotonic() - began < 5
    await service.exec(sandbox, "touch stop")
    await until_there(service, sandbox, "stopped")


@pytest.mark.every_backend
async def test_what_writes_on_in_the_background_is_not_ended_by_it(
    service: SandboxService, sandbox: str
) -> None:
    loop = "while [ ! -e halt ]; do echo more; echo err >&2; touch turn; done"
    await service.exec(sandbox, f"rm -f turn; bash -c '{loop}; touch halted' &")
    await service.exec(sandbox, "rm -f turn; until [ -e turn ]; do sleep 0.01; done")
    await service.exec(sandbox, "touch halt")
    await until_there(service, sandbox, "halted")


async def test_output_left_open_is_bounded_and_let_go_with_the_sandbox(service: SandboxService) -> None:
    sandbox_id = await service.create()
    sandbox, _ = service.sandboxes.running(sandbox_id)
    for _ in range(40):
        await service.exec(sandbox_id, "sleep 1000 &")
    assert len(sandbox.left_open) == 64
    await service.post(sandbox_id, "terminate")
    while len(sandbox.left_open):
        await asyncio.sleep(0.01)


async def test_output_that_nobody_holds_any_more_is_let_go(service: SandboxService) -> None:
    sandbox_id = await service.create()
    sandbox, _ = service.sandboxes.running(sandbox_id)
    await service.exec(sandbox_id, "(until [ -e go ]; do sleep 0.01; done) &")
    assert len(sandbox.left_open) == 2
    await service.exec(sandbox_id, "touch go")
    while len(sandbox.left_open):
        await asyncio.sleep(0.01)


@pytest.mark.every_backend
async def test_commands_run_side_by_side(service: SandboxService, sandbox: str) -> None:
    meet = "touch here-{0}; until [ -e here-{1} ]; do sleep 0.01; done; echo met"
    both = await asyncio.gather(
        service.exec(sandbox, meet.format(1, 2)), service.exec(sandbox, meet.format(2, 1))
    )
    assert [ran["stdout"] for ran in both] == ["met\n", "met\n"]


@pytest.mark.every_backend
async def test_a_client_that_leaves_ends_its_command(service: SandboxService, sandbox: str) -> None:
    asking = asyncio.create_task(service.post(sandbox, "exec", command="touch begun; exec sleep 87654"))
    await until_there(service, sandbox, "begun")
    asking.cancel()
    gone = "while pgrep -fx 'sleep 87654'; do sleep 0.01; done"
    assert (await service.exec(sandbox, gone, timeoutMs=5000))["timedOut"] is False


async def test_a_command_that_eats_memory_is_ended_alone(service: SandboxService) -> None:
    small = await service.create(flavor="small")
    ran = await service.python(small, "x = bytearray(2 * 1024 ** 3)")
    assert ran["exitCode"] != 0
    assert (await service.exec(small, "echo alive"))["stdout"] == "alive\n"


@pytest.mark.every_backend
async def test_a_sandbox_whose_first_process_dies_says_so(service: SandboxService) -> None:
    fragile = await service.create()
    running = asyncio.create_task(service.post(fragile, "exec", command="touch up; sleep 60"))
    await until_there(service, fragile, "up")
    sandbox, _ = service.sandboxes.running(fragile)
    os.kill(service.processes(fragile)[0], signal.SIGKILL)  # takes all others along
    assert error_of(await running) == (503, None, "sandbox_gone")
    while sandbox.end_reason is None:
        await asyncio.sleep(0.01)
    assert sandbox.end_reason == "died"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "command"),
        ({"command": []}, "command"),
        ({"command": "a\0b"}, "command.str"),
        ({"command": "true", "timeoutMs": 0}, "timeoutMs"),
        ({"command": "true", "timeoutMs": 10**9}, "timeoutMs"),
        ({"command": "true", "env": {"=": ""}}, "env"),
    ],
)
async def test_a_wrong_field_is_named(
    service: SandboxService, sandbox: str, fields: dict[str, object], param: str
) -> None:
    status, named, _ = error_of(await service.post(sandbox, "exec", **fields))
    assert status == 400
    assert named is not None
    assert named.startswith(param.partition(".")[0])


async def test_commands_at_once_are_bounded(service: SandboxService, sandbox: str) -> None:
    wait = "until [ -e release ]; do sleep 0.05; done"
    running = [asyncio.create_task(service.post(sandbox, "exec", command=wait)) for _ in range(65)]
    (refused,), _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    await service.post(sandbox, "files/write", path="/workspace/release", content="")
    answers = await asyncio.gather(*running)
    assert error_of(refused.result()) == (429, None, "too_many_commands")
    assert sorted(answer.status_code for answer in answers) == [200] * 64 + [429]


@pytest.mark.parametrize("size", [150_000, 300_000])
async def test_a_command_that_is_too_large_is_refused(
    service: SandboxService, sandbox: str, size: int
) -> None:
    answer = await service.post(sandbox, "exec", command="#" * size)
    assert answer.status_code == 413
