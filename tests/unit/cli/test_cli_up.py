"""`janus up`, `down`, `status` and `logs` as a user meets them, with small services as the rooms."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.small_stack import end_all, home_of, janus, processes, read_until, rooms, start_janus, until

from janus_cli.identity import Identity
from janus_cli.services import HttpProbe
from janus_cli.state import Run, ServiceRecord, State


@pytest.fixture
def environment(tmp_path):
    environment = rooms(tmp_path)
    yield environment
    end_all(environment)


async def status(environment, *words):
    code, said = await janus(environment, "status", "--json", *words)
    return code, json.loads(said)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A detached stack that runs while this module's tests look at it, and what its start printed."""
    environment = rooms(tmp_path_factory.mktemp("stack"))
    up = subprocess.run(
        [sys.executable, "-m", "janus_cli", "up", "--detach"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    waiting = [sys.executable, "-m", "janus_cli", "status", "--wait", "20"]
    subprocess.run(waiting, env=environment, capture_output=True, check=True, timeout=50)
    yield environment, up.stdout
    end_all(environment)


def test_a_detached_stack_outlives_the_command(stack):
    run = home_of(stack[0]).running()
    names = [record.name for record in run.services]
    assert names == [
        "platform",
        "baseline-agent-cli",
        "baseline-langchain",
        "shim",
        "router",
        "competition",
        "edge",
    ]
    assert all(process.alive() for process in processes(run))


def test_the_start_shows_a_table_and_lines_to_copy(stack):
    environment, said = stack
    edge, router = environment["JANUS_PORT"], environment["JANUS_ROUTER_PORT"]
    assert f"http://127.0.0.1:{edge}   healthy" in said
    assert "Healthy after" in said
    assert f"curl -N http://127.0.0.1:{edge}/v1/chat/completions" in said
    assert f"127.0.0.1:{router} janus.chat.v1.ChatService/Chat" in said
    assert 'janus chat "' in said


def test_the_start_says_that_the_model_is_small(stack):
    assert "a small demonstration model" in stack[1]


async def test_the_status_of_a_running_stack_is_for_people_and_programs(stack):
    code, answer = await status(stack[0])
    run = home_of(stack[0]).running()
    assert (code, answer["healthy"], answer["supervisor"]) == (0, True, run.supervisor.pid)
    assert {service["state"] for service in answer["services"]} == {"healthy"}
    code, said = await janus(stack[0], "status")
    assert code == 0
    assert all(str(process.pid) in said for process in processes(run)[1:])


@pytest.mark.parametrize("words", [("up",), ("up", "--detach")])
async def test_a_second_start_says_that_the_first_runs(stack, words):
    pid = home_of(stack[0]).running().supervisor.pid
    code, said = await janus(stack[0], *words)
    assert code == 1
    assert f"Janus already runs here (process {pid})" in said


def test_those_who_mint_or_verify_alone_get_the_homes_platform_key(stack):
    key = f"JANUS_PLATFORM_KEY={home_of(stack[0]).platform_key()}"
    run = home_of(stack[0]).running()
    given = {record.name for record in run.services if key in given_to(record)}
    assert given == {"router", "platform", "competition"}


def test_the_edge_alone_gets_the_homes_artifact_key(stack):
    *others, edge = home_of(stack[0]).running().services
    key = f"JANUS_ARTIFACT_KEY={home_of(stack[0]).artifact_key()}"
    assert key in given_to(edge)
    assert not any(key in given_to(other) for other in others)


def given_to(record):
    return Path(f"/proc/{record.process.pid}/environ").read_text().split("\0")


async def test_down_stops_everything_and_again_does_no_harm(environment):
    await janus(environment, "up", "--detach")
    run = home_of(environment).running()
    assert await janus(environment, "down") == (0, "Stopped.\n")
    assert not any(process.alive() for process in processes(run))
    assert await janus(environment, "down") == (0, "Nothing runs here.\n")
    code, answer = await status(environment)
    assert (code, answer["healthy"], answer["supervisor"]) == (1, False, None)


async def test_ctrl_c_stops_a_foreground_stack_cleanly(environment):
    up = await start_janus(environment, "up")
    await read_until(up, "Try it")
    run = home_of(environment).running()
    up.send_signal(signal.SIGINT)
    said, _ = await up.communicate()
    assert up.returncode == 0
    assert b"stopped" in said
    assert not any(process.alive() for process in processes(run))
    assert home_of(environment).read() is None


async def test_a_second_ctrl_c_does_not_wait(environment):
    up = await start_janus({**environment, "janus_edge": "--stubborn"}, "up")
    await read_until(up, "Try it")
    up.send_signal(signal.SIGINT)
    await read_until(up, "stopping")

    def insist():
        if up.returncode is None:
            up.send_signal(signal.SIGINT)
        return up.returncode is not None

    async with asyncio.timeout(8):  # far below the drain bound of 13 s
        await until(insist)


async def test_service_logs_are_rendered_and_kept(environment):
    line = '{"event":"serving","level":"info","timestamp":"2026-01-02T03:04:05Z","port":7}'
    up = await start_janus({**environment, "janus_edge": f"--say {line}"}, "up")
    said = await read_until(up, "serving")
    up.send_signal(signal.SIGTERM)
    await up.communicate()
    (shown,) = [one for one in said.splitlines() if "serving" in one]
    assert shown.split()[1:] == ["edge", "info", "serving", "port=7"]
    assert home_of(environment).log("edge").read_text() == line + "\n"
    _, said = await janus(environment, "logs", "edge")
    assert said.splitlines() == [shown]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's request is Linux's")
async def test_no_service_survives_a_killed_supervisor(environment):
    await janus(environment, "up", "--detach")
    run = home_of(environment).running()
    run.supervisor.send(signal.SIGKILL)
    await until(lambda: not any(process.alive() for process in processes(run)))
    assert await janus(environment, "down") == (0, "Nothing runs here.\n")
    code, said = await janus(environment, "up", "--detach")
    assert code == 0, said


async def test_down_ends_services_that_a_killed_supervisor_left_behind(environment):
    """As on systems whose kernel does not end them."""
    orphan = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    probe = HttpProbe("", "")
    record = ServiceRecord("edge", "", probe, State.HEALTHY, "", 0, Identity.of(orphan.pid))
    home = home_of(environment)
    home.make()
    home.write(Run(Identity(os.getpid(), "long ago"), (record,)))
    code, said = await janus(environment, "down")
    assert (code, said) == (0, "Stopped 1 left by a supervisor that was killed.\n")
    assert await orphan.wait() == -signal.SIGTERM


async def test_a_taken_port_is_named_before_anything_starts(environment):
    with socket.create_server(("127.0.0.1", int(environment["JANUS_PORT"]))):
        code, said = await janus(environment, "up")
    assert code == 1
    assert f"port {environment['JANUS_PORT']} is taken by process" in said
    assert "set JANUS_PORT to another port" in said
    assert not home_of(environment).log("platform").exists()


async def test_a_home_that_cannot_be_made_is_named(environment, tmp_path):
    tmp_path.joinpath("file").touch()
    code, said = await janus({**environment, "JANUS_HOME": str(tmp_path / "file" / "home")}, "up")
    assert code == 1
    assert "set JANUS_HOME to another folder" in said


async def test_two_services_on_one_port_are_named_before_anything_starts(environment):
    code, said = await janus({**environment, "JANUS_PORT": environment["JANUS_ROUTER_PORT"]}, "up")
    assert code == 1
    assert "JANUS_ROUTER_PORT and JANUS_PORT are both" in said


async def test_a_bad_address_ends_with_status_2(environment):
    code, said = await janus({**environment, "JANUS_PORT": "eighty"}, "up")
    assert (code, said) == (2, "janus: JANUS_PORT: a port from 0 to 65535 is needed (got 'eighty')\n")


@pytest.mark.parametrize("words", [("up",), ("up", "--detach")])
async def test_a_service_with_bad_configuration_is_shown_with_its_own_words(environment, words):
    broken = {**environment, "janus_router": "--crash --status 2 --say JANUS_X:_bad_value"}
    code, said = await janus(broken, *words)
    assert code == 1
    assert "router did not start: it refuses its configuration" in said
    assert "JANUS_X:_bad_value" in said
    assert home_of(environment).read() is None


async def test_a_service_that_never_gets_healthy_is_named_when_the_time_is_up(environment):
    code, said = await janus({**environment, "janus_edge": "--health 503"}, "up", "--wait", "3")
    assert code == 1
    assert "edge did not start: not healthy within 3 s (HTTP 503 as told)" in said
    assert "platform did not start" not in said


async def test_status_can_wait_for_a_stack_that_is_starting(environment):
    up = await start_janus(environment, "up")
    code, answer = await status(environment, "--wait", "30")
    up.send_signal(signal.SIGTERM)
    await up.communicate()
    assert (code, answer["healthy"]) == (0, True)


async def test_a_reader_that_leaves_stops_a_foreground_stack(environment):
    up = await start_janus(environment, "up")
    await read_until(up, "Starting")
    up._transport.get_pipe_transport(1).close()
    assert await up.wait() is not None
    assert home_of(environment).read() is None


async def test_a_registry_file_that_would_be_refused_is_named_before_anything_starts(environment, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("competitors:\n  - id: a\n    url: nowhere\n")
    code, said = await janus({**environment, "JANUS_COMPETITORS": str(file)}, "up")
    assert code == 1
    assert said.startswith(f"janus: {file}:3: competitors[0].url: must begin with http://")
    assert "Starting" not in said
