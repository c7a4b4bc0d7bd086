"""What clients see when what surrounds Janus fails: the provider, the database, the clock, the memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.attacks import attack
from support.good_stream import good_stream
from support.postgres import cluster, end
from support.stack import Stack, free_port, running

pytestmark = pytest.mark.timeout(150)

TESTS = Path(__file__).parents[1]
BASELINE = "competitors: [{id: baseline-agent-cli, url: '{baseline}', models: [baseline]}]\n"
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
MEBIBYTE = 1024 * 1024


@pytest.fixture
def steady() -> Iterator[int]:
    """The port of a competitor that paces its answers."""
    port = free_port()
    competitor = subprocess.Popen(
        [sys.executable, "-m", "support.http_competitor", "--port", str(port)],
        cwd=TESTS,
        stdout=subprocess.DEVNULL,
    )
    yield port
    competitor.kill()
    competitor.wait()


def registry(port: int) -> str:
    return f"competitors: [{{id: steady, url: 'http://127.0.0.1:{port}', max_concurrency: 5000}}]\n"


def asked(stack: Stack, model: str, content: str = "tokens:3", seconds: float = 30) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": content}]}
    return httpx.post(f"{stack.url}/v1/chat/completions", json=body, timeout=seconds)


def test_a_provider_that_is_gone_is_a_typed_error_at_once(tmp_path: Path) -> None:
    nobody = {
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
        "JANUS_INFERENCE_MODEL": "any",
        "JANUS_BASELINE_AGENT": "off",
    }
    with running(tmp_path, BASELINE, model=True, environment=nobody) as stack:
        stack.wait_for_competitor("baseline-agent-cli")
        began = time.monotonic()
        answer = asked(stack, "baseline", "What is the capital of France?")
        seconds = time.monotonic() - began
    assert answer.status_code in (502, 503)
    assert answer.json()["error"]["code"] == "provider_unavailable"
    assert seconds < 10


def test_without_postgresql_chats_go_on_and_results_are_unavailable(tmp_path: Path, steady: int) -> None:
    with cluster() as database:
        environment = {"JANUS_DATABASE_URL": f"{database}/postgres"}
        with running(tmp_path, registry(steady), more=["competition"], environment=environment) as stack:
            stack.wait_for_competitor("steady")
            assert httpx.get(f"{stack.url}/api/competition/leaderboard", timeout=20).status_code == 200
            with good_stream(stack.url, "steady") as stream:
                end(database)
                began = time.monotonic()
                answer = httpx.get(f"{stack.url}/api/competition/leaderboard", timeout=30)
                seconds = time.monotonic() - began
                chat = asked(stack, "steady")
                result = stream.stop()
    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "service_unavailable_error"
    assert seconds < 15
    assert chat.status_code == 200
    assert result.ending == ""
    assert result.longest_gap <= 0.25


@pytest.mark.skipif(FAKETIME is None, reason="the clock is moved by libfaketime: apt-get install faketime")
@pytest.mark.parametrize("jump", ["+86400", "-86400"], ids=["a day forward", "a day back"])
def test_a_jump_of_the_clock_ends_no_stream(tmp_path: Path, steady: int, jump: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        # A jump is what the wall clock does; the monotonic clock never jumps.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with running(tmp_path, registry(steady), environment=environment) as stack:
        stack.wait_for_competitor("steady")
        with good_stream(stack.url, "steady") as stream:
            clock.write_text(f"{jump}\n")
            time.sleep(4)
            answer = asked(stack, "steady")
            result = stream.stop()
    assert result.ending == ""
    assert result.longest_gap <= 0.5
    assert answer.status_code == 200
    assert abs(answer.json()["created"] - time.time() - int(jump)) < 60  # the services did see the jump


def test_under_a_memory_limit_large_requests_are_refused_and_streams_go_on(
    tmp_path: Path, steady: int
) -> None:
    """The edge may hold 128 MiB of request bodies; what does not fit is refused with 429 or 503."""
    environment = {"JANUS_MAX_HELD_BYTES": str(128 * MEBIBYTE)}
    with running(tmp_path, registry(steady), environment=environment) as stack:
        stack.wait_for_competitor("steady")
        edge = stack.services["edge"].process
        with good_stream(stack.url, "steady") as stream:
            virtual = resource.prlimit(edge.pid, resource.RLIMIT_AS)
            used = int(Path(f"/proc/{edge.pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(edge.pid, resource.RLIMIT_AS, (used + 1024 * MEBIBYTE, virtual[1]))
            met = attack("big-pictures", stack.url, "steady")
            result = stream.stop()
        alive = edge.poll() is None
        answer = asked(stack, "steady")
    print(met)
    assert alive
    assert set(met) <= {"200", "429", "503"}
    assert met.keys() & {"429", "503"}
    assert result.ending == ""
    assert answer.status_code == 200
