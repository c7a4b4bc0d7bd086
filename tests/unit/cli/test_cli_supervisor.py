"""What the supervisor does with services that start, crash, refuse, hang and stop."""

import asyncio
import json
import os
import signal
import socket
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from support.small_stack import small, until

from janus_cli.identity import Identity
from janus_cli.journal import Journal
from janus_cli.services import Stack
from janus_cli.state import Home, State
from janus_cli.supervised import Pace
from janus_cli.supervisor import Supervisor

QUICK = Pace(check_starting=0.01, check_running=0.2, first_restart=0.01, longest_restart=0.05, stop=5.0)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / ".janus")


@pytest.fixture
def supervising(home):
    @asynccontextmanager
    async def supervising(*services, pace=QUICK, on_change=lambda _: None):
        journal = Journal(home, [service.name for service in services], None)
        stack = Stack(services, dict(os.environ))
        try:
            async with Supervisor(stack, journal, pace=pace, on_change=on_change) as supervisor:
                yield supervisor
        finally:
            journal.close()

    return supervising


def notes(home):
    return [json.loads(line) for line in home.log("supervisor").read_text().splitlines()]


async def reaches(service, state):
    await until(lambda: service.state is state)


async def test_services_of_both_kinds_become_healthy(supervising):
    async with supervising(small("web"), small("link", grpc=True)) as supervisor:
        assert await supervisor.until_healthy(20) == ()
        assert [record.state for record in supervisor.records()] == [State.HEALTHY, State.HEALTHY]


async def test_a_late_service_is_started_when_the_others_are_healthy_and_not_waited_for(supervising):
    late = replace(small("late", "--crash"), late=True)
    async with supervising(late, small("web")) as supervisor:
        assert await supervisor.until_healthy(20) == ()
        slow, _ = supervisor.services
        assert (slow.state, slow.restarts) == (State.STARTING, 0)
        supervisor.start_late()
        await until(lambda: slow.restarts > 0)


async def test_a_late_service_that_was_never_started_does_not_hold_up_the_end(supervising):
    async with supervising(replace(small("late"), late=True), small("web")) as supervisor:
        await supervisor.until_healthy(20)
    assert supervisor.services[0].record().process is None


async def test_every_output_line_lies_in_the_services_log(supervising, home):
    async with supervising(small("web", "--say", "good_morning")) as supervisor:
        await supervisor.until_healthy(20)
    assert home.log("web").read_text() == "good_morning\n"


async def test_a_crashed_service_is_started_again_and_this_is_said(supervising, home):
    async with supervising(small("web")) as supervisor:
        await supervisor.until_healthy(20)
        (web,) = supervisor.services
        first = web.record().process
        first.send(signal.SIGKILL)
        await until(lambda: web.restarts == 1)
        assert await supervisor.until_healthy(20) == ()
        assert web.record().process != first
    said = [note["event"] for note in notes(home)]
    assert said == [
        "web was killed by signal 9 (out of memory?): starting it again",
        "web is healthy again",
    ]


async def test_a_running_service_that_falls_ill_is_said_to_be_and_is_left_running(supervising, home):
    async with supervising(small("web"), pace=replace(QUICK, check_running=0.02)) as supervisor:
        await supervisor.until_healthy(20)
        (web,) = supervisor.services
        process = web.record().process
        process.send(signal.SIGUSR1)
        await reaches(web, State.UNHEALTHY)
        assert web.reason == "HTTP 503"
        process.send(signal.SIGUSR1)
        await reaches(web, State.HEALTHY)
        assert web.record().process == process
    assert [note["event"] for note in notes(home)] == ["web is not healthy", "web is healthy again"]


async def test_a_service_that_fails_once_at_its_start_is_tried_again(supervising, tmp_path):
    crash = ("--crash-unless-exists", tmp_path / "was-here")
    async with supervising(small("web", *crash)) as supervisor:
        assert await supervisor.until_healthy(20) == ()
        assert supervisor.services[0].restarts == 1


async def test_restarts_wait_longer_each_time(supervising, home):
    pace = replace(QUICK, first_restart=0.02, longest_restart=10)
    async with supervising(small("web", "--crash"), pace=pace) as supervisor:
        await until(lambda: supervisor.services[0].restarts == 4)
    delays = [note["in_seconds"] for note in notes(home) if "in_seconds" in note]
    assert delays == sorted(delays)
    assert delays[-1] >= 4 * delays[0]


async def test_a_service_that_keeps_crashing_at_its_start_is_reported_early(supervising):
    crashing = small("bad", "--crash", "--say", "oh_no")
    async with supervising(small("good"), crashing) as supervisor:
        (failed,) = await supervisor.until_healthy(20)
        assert failed.service is crashing
        assert failed.last_status == 1
        assert failed.last_lines[-1] == "oh_no"


async def test_bad_configuration_is_not_tried_again(supervising, home):
    async with supervising(small("web", "--crash", "--status", 2)) as supervisor:
        (failed,) = await supervisor.until_healthy(20)
        assert (failed.state, failed.restarts) == (State.FAILED, 0)
    assert notes(home)[0]["event"] == "web stays down: it refuses its configuration"


async def test_a_port_that_somebody_took_meanwhile_is_explained_and_not_fought_for(supervising):
    web = small("web")
    async with supervising(web, pace=replace(QUICK, first_restart=1.0, longest_restart=1.0)) as supervisor:
        await supervisor.until_healthy(20)
        (running,) = supervisor.services
        running.record().process.send(signal.SIGKILL)
        await reaches(running, State.RESTARTING)
        with socket.create_server(("127.0.0.1", web.listeners[0].port)):
            await reaches(running, State.FAILED)
        assert f"taken by process {os.getpid()}" in running.reason
        assert "set WEB_PORT" in running.reason


async def test_a_service_that_never_says_healthy_is_reported_when_the_time_is_up(supervising):
    async with supervising(small("web", "--health", "503 Busy")) as supervisor:
        (late,) = await supervisor.until_healthy(0.5)
        assert (late.state, late.reason) == (State.STARTING, "HTTP 503 as told")


async def test_services_stop_in_reverse_order_each_after_the_next_is_gone(supervising, tmp_path):
    diary = tmp_path / "diary"
    services = [small(name, "--diary", diary) for name in ("platform", "router", "edge")]
    async with supervising(*services) as supervisor:
        await supervisor.until_healthy(20)
    assert diary.read_text().split() == ["edge", "router", "platform"]
    assert {record.state for record in supervisor.records()} == {State.STOPPED}


async def test_a_service_that_does_not_stop_in_time_is_killed(supervising, home):
    async with supervising(small("web", "--stubborn"), pace=replace(QUICK, stop=0.1)) as supervisor:
        await supervisor.until_healthy(20)
        process = supervisor.services[0].record().process
    assert not process.alive()
    assert notes(home)[-1]["event"] == "killed: did not stop in time"


async def test_kill_ends_everything_at_once(supervising):
    async with supervising(small("one", "--stubborn"), small("two", "--stubborn")) as supervisor:
        await supervisor.until_healthy(20)
        supervisor.kill()
        async with asyncio.timeout(2):
            for service in supervisor.services:
                await reaches(service, State.STOPPED)


async def test_a_service_stopped_while_it_waits_for_a_restart_stays_down(supervising):
    pace = replace(QUICK, first_restart=60, longest_restart=60)
    async with asyncio.timeout(10):
        async with supervising(small("web", "--crash"), pace=pace) as supervisor:
            await reaches(supervisor.services[0], State.RESTARTING)
        assert supervisor.services[0].state is State.STOPPED


async def test_a_service_is_stopped_even_before_it_was_up(supervising):
    async with asyncio.timeout(10), supervising(small("web")) as supervisor:
        pass
    assert supervisor.services[0].state is State.STOPPED


async def test_what_a_service_started_ends_with_it(supervising, home):
    async with supervising(small("web", "--grandchild")) as supervisor:
        await supervisor.until_healthy(20)
        await until(lambda: "grandchild" in home.log("web").read_text())
    pid = int(home.log("web").read_text().split()[1])
    await until(lambda: Identity.of(pid) is None)


async def test_every_change_of_state_is_reported(supervising):
    seen = []
    async with supervising(small("web"), on_change=lambda now: seen.append(now[0].state)) as supervisor:
        await supervisor.until_healthy(20)
    order = list(dict.fromkeys(seen))
    assert order == [State.STARTING, State.HEALTHY, State.STOPPED]
