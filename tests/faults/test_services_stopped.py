"""A service is killed (SIGKILL) or hangs (SIGSTOP) under two hundred streams: what clients see, and when.

The bounds are those of docs/architecture.md, "Time", plus a few seconds because the machine is busy.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.crowd import crowd
from support.stack import Stack, free_port, running

pytestmark = pytest.mark.timeout(150)

STREAMS = 200
GAP_SECONDS = 6.0
# A peer of the mesh that hangs is found by the link's own pings.
HANGS_FOUND_WITHIN = 15.0
SLACK = 6.0
TESTS = Path(__file__).parents[1]


@dataclass
class Scene:
    """A stack of its own for each test, since a service of it is lost, and the competitor's process."""

    stack: Stack
    competitor: subprocess.Popen[bytes]

    def process(self, name: str) -> subprocess.Popen[bytes]:
        return self.competitor if name == "competitor" else self.stack.services[name].process


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    port = free_port()
    competitor = subprocess.Popen(
        [sys.executable, "-m", "support.http_competitor", "--port", str(port)],
        cwd=TESTS,
        stdout=subprocess.DEVNULL,
    )
    registry = f"competitors: [{{id: steady, url: 'http://127.0.0.1:{port}', max_concurrency: 5000}}]\n"
    try:
        with running(tmp_path, registry, environment={"JANUS_GAP_TIMEOUT": str(GAP_SECONDS)}) as stack:
            stack.wait_for_competitor("steady")
            scene = Scene(stack, competitor)
            yield scene
            for service in stack.services.values():
                service.process.send_signal(signal.SIGCONT)
    finally:
        competitor.kill()
        competitor.wait()


KILLED = {
    "router": {"competitor_unavailable"},
    "shim": {"competitor_unavailable"},
    "competitor": {"competitor_failed", "competitor_unavailable"},
    "edge": {"closed"},
}


@pytest.mark.parametrize("victim", KILLED)
async def test_when_a_service_is_killed_every_client_has_its_ending_at_once(
    scene: Scene, victim: str
) -> None:
    async with crowd(scene.stack.url, "steady", STREAMS) as clients:
        scene.process(victim).kill()
        began = time.monotonic()
        endings = await clients.endings(within=SLACK)
        print(f"{victim} killed: {endings} after {time.monotonic() - began:.1f} s")
    assert set(endings) <= KILLED[victim]
    assert sum(endings.values()) == STREAMS


HUNG = {
    "router": ({"competitor_unavailable"}, HANGS_FOUND_WITHIN),
    # Whichever comes first: the pings of the link, or the gap that the router allows a competitor.
    "shim": ({"competitor_unavailable", "competitor_timeout"}, HANGS_FOUND_WITHIN),
    "competitor": ({"competitor_timeout"}, GAP_SECONDS),
}


@pytest.mark.parametrize("victim", HUNG)
async def test_when_a_service_hangs_every_client_has_its_ending_within_the_bound(
    scene: Scene, victim: str
) -> None:
    expected, bound = HUNG[victim]
    async with crowd(scene.stack.url, "steady", STREAMS) as clients:
        scene.process(victim).send_signal(signal.SIGSTOP)
        began = time.monotonic()
        endings = await clients.endings(within=bound + SLACK)
        print(f"{victim} stopped: {endings} after {time.monotonic() - began:.1f} s")
        scene.process(victim).send_signal(signal.SIGCONT)
    assert set(endings) <= expected
    assert sum(endings.values()) == STREAMS


async def test_an_edge_that_hangs_for_a_while_loses_no_stream(scene: Scene) -> None:
    """Only a proxy in front of it, or the client's own timeout, can find an edge that hangs for ever."""
    async with crowd(scene.stack.url, "steady", STREAMS, "tokens:60:0.2") as clients:
        scene.process("edge").send_signal(signal.SIGSTOP)
        await asyncio.sleep(3)
        scene.process("edge").send_signal(signal.SIGCONT)
        endings = await clients.endings(within=40)
    assert endings == {"done": STREAMS}


@pytest.mark.parametrize("service", ["edge", "router", "shim"])
async def test_a_drain_ends_in_time_although_clients_never_leave(scene: Scene, service: str) -> None:
    """`JANUS_DRAIN_SECONDS` is 1 here; what it cancels gets two seconds more to close what it holds."""
    async with crowd(scene.stack.url, "steady", STREAMS) as clients:
        process = scene.process(service)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        endings = await clients.endings(within=SLACK)
        await asyncio.to_thread(process.wait, 1 + 2 + SLACK)
        print(f"{service} drained: {endings}, exit after {time.monotonic() - began:.1f} s")
    assert sum(endings.values()) == STREAMS
    assert "none" not in endings
    assert process.returncode == 0
