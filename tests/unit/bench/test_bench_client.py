"""Mock competitor and load client agree: what was sent is what was counted, and when."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from support.bench_stage import carry_out, load, mock_endpoint

from janus_bench.mesh.load import LOADS, OUTCOMES, Endpoint
from janus_bench.mesh.processes import free_port
from janus_bench.mesh.script import MOST_TOKENS, Script


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with mock_endpoint() as started:
        yield started


async def test_every_token_of_every_stream_is_counted_once(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(tokens=25, gap=0.002), streams=20, open_over=0.1))
    assert outcome.endings == {"complete": 20}
    assert outcome.faults == {}
    assert outcome.tokens == 500
    assert len(outcome.first_token) == 20


async def test_streams_without_pace_arrive_whole(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(tokens=5_000, gap=0.0), streams=4))
    assert (outcome.endings, outcome.tokens) == ({"complete": 4}, 20_000)


async def test_the_first_token_takes_as_long_as_the_script_says(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(tokens=2, head=0.05, first=0.1, gap=0.01)))
    (waited,) = outcome.first_token
    assert 0.14 <= waited <= 1.2


async def test_the_mean_gap_is_the_scripts(endpoint: Endpoint) -> None:
    script = Script(tokens=21, gap=0.02)
    began = time.monotonic()
    outcome, _ = await carry_out(load(endpoint, script))
    took = time.monotonic() - began - outcome.first_token[0]
    assert 20 * script.gap - 0.01 <= took <= 20 * script.gap + 1.0


async def test_a_token_is_on_its_way_for_hardly_any_time(endpoint: Endpoint) -> None:
    given = load(endpoint, Script(tokens=MOST_TOKENS, gap=0.01), steady_by=5.0, steady=0.5, cut_after=0.0)
    outcome, _ = await carry_out(given)
    assert outcome.delay is not None
    assert 0 <= outcome.delay.p50 < 0.05


async def test_the_steady_state_begins_when_all_have_their_first_token_and_counts_its_own_tokens(
    endpoint: Endpoint,
) -> None:
    given = load(
        endpoint,
        Script(tokens=MOST_TOKENS, first=0.2, gap=0.01),
        streams=3,
        open_over=0.1,
        steady_by=5.0,
        steady=0.5,
        cut_after=0.0,
    )
    began = time.monotonic()
    outcome, (steady,) = await carry_out(given)
    assert steady.start - began >= 0.2
    assert steady.end - steady.start == pytest.approx(0.5)
    assert outcome.endings == {"cut": 3}
    assert 75 <= outcome.steady_tokens <= 200
    assert outcome.steady_tokens < outcome.tokens


async def test_a_stream_without_a_token_is_named_when_it_is_cut(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(first=60.0), steady=0.1, cut_after=0.0))
    assert (outcome.endings, outcome.unanswered) == ({"cut": 1}, 1)
    assert outcome.first_token[0] >= 0.1


async def test_clients_leave_when_told_to(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(first=60.0), streams=5, leave_after=0.1))
    assert outcome.endings == {"left": 5}
    assert set(outcome.left_at) == {f"bench.{number}x0" for number in range(5)}


async def test_a_connection_is_used_again_and_again_until_the_steady_state_ends(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(endpoint, Script(tokens=2, gap=0.005), steady=0.2, repeat=True))
    assert outcome.endings["complete"] > 3
    assert outcome.tokens == 2 * outcome.endings["complete"]


async def test_nobody_listening_is_a_fault() -> None:
    outcome, _ = await carry_out(load(Endpoint(free_port()), Script(), streams=2))
    assert outcome.endings == {"failed": 2}
    assert all("connect" in fault for fault in outcome.faults)


async def test_a_refusal_is_a_fault_with_its_status_and_body(endpoint: Endpoint) -> None:
    outcome, _ = await carry_out(load(Endpoint(endpoint.port, path="/nowhere"), Script()))
    assert outcome.endings == {"failed": 1}
    assert next(iter(outcome.faults)).startswith("status 404")


async def test_a_connection_that_closes_early_is_a_fault(endpoint: Endpoint) -> None:
    carrying = asyncio.create_task(carry_out(load(endpoint, Script(tokens=50, gap=0.02))))
    control = Endpoint(endpoint.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", control.port)
    async with asyncio.timeout(5):
        broken = 0
        while not broken:
            writer.write(b"DELETE /bench/answers HTTP/1.1\r\nhost: bench\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.partition(b"content-length: ")[2].split()[0])
            broken = len(json.loads(await reader.readexactly(length)))
    writer.close()
    await writer.wait_closed()
    outcome, _ = await carrying
    assert outcome.endings == {"failed": 1}
    assert "connection closed" in next(iter(outcome.faults))


async def test_what_passes_between_driver_and_client_survives_the_pipe(endpoint: Endpoint) -> None:
    given = load(endpoint, Script("s", tokens=2, gap=0.001), steady=0.05)
    assert LOADS.validate_json(given.to_json()) == given
    outcome, _ = await carry_out(given)
    assert OUTCOMES.validate_json(outcome.to_json()) == outcome
