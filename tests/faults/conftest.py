"""One stack of real processes, a competitor that paces its answers, and one native competitor that lies."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.stack import Stack, free_port, running

REGISTRY = """
competitors:
  - {{id: steady, url: "http://127.0.0.1:{steady}", max_concurrency: 5000}}
  - {{id: hostile, url: "http://127.0.0.1:{hostile}", max_concurrency: 5000}}
  - {{id: liar, url: "grpc://127.0.0.1:{liar}"}}
"""
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def liar_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, liar_port: int) -> Iterator[Stack]:
    ports = {"steady": free_port(), "hostile": free_port()}
    registry = REGISTRY.format(**ports, liar=liar_port)
    competitors = [
        subprocess.Popen(
            [sys.executable, "-m", "support.http_competitor", "--port", str(port)],
            cwd=TESTS,
            stdout=subprocess.DEVNULL,
        )
        for port in ports.values()
    ]
    try:
        # Only one's own machine attacks here: limits for each address would hide all others.
        with running(tmp_path_factory.mktemp("faults"), registry) as stack:
            for name in ports:
                stack.wait_for_competitor(name)
            yield stack
    finally:
        for competitor in competitors:
            competitor.kill()
            competitor.wait()
