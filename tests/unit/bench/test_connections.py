"""The connections of both transports: stamps by the kernel, peers that are no such thing, flow control."""

import asyncio
import time

from support.bench_runs import asking
from support.bench_stage import mock_endpoint
from support.scripted_competitor import ScriptedCompetitor, saying

from janus_bench.mesh.mock import port_of
from janus_bench.mesh.script import Script
from janus_bench.quality.load.asking import open_asker
from janus_bench.quality.proof import grpc_mock
from janus_bench.quality.proof.measuring import server, stamp_errors
from janus_bench.quality.runners import Bounds, Target, open_runner


async def test_a_reader_that_was_busy_still_knows_when_bytes_came() -> None:
    """The stamps are the kernel's: what keeps this process from reading makes no answer later."""
    asked = {"messages": [{"role": "user", "content": str(Script(tokens=20, gap=0.01, first=0.05))}]}
    with server() as ports:
        for target in ports.targets():
            async with open_runner(target) as runner:
                answering = asyncio.create_task(runner.ask(asked))
                while not answering.done():
                    time.sleep(0.04)  # noqa: ASYNC251  # that is the point
                    await asyncio.sleep(0.001)
                errors = stamp_errors(answering.result())
            # What one read brings has one stamp, exact for the last of it; the reader's own clock is
            # tens of milliseconds late for all of it.
            assert sum(error < 0.003 for error in errors) >= 3, target.transport


async def test_what_speaks_no_grpc_is_unreachable_as_grpc() -> None:
    async with mock_endpoint() as endpoint, asking(f"grpc://127.0.0.1:{endpoint.port}") as ask:
        seen = await ask()
    assert seen.answer.failure is not None
    assert seen.answer.failure.type == "service_unavailable_error"


async def test_a_request_larger_than_the_peers_window_gets_through() -> None:
    text = "x" * 3_000_000
    async with (
        ScriptedCompetitor(saying("a")) as competitor,
        open_runner(Target.parse(competitor.url)) as line,
    ):
        seen = await line.ask({"messages": [{"role": "user", "content": text}]})
    assert (seen.answer.content, seen.answer.failure) == ("a", None)
    assert competitor.requests[0].messages[0].text == text


async def test_calls_under_load_share_a_connection_one_after_the_other() -> None:
    accepted = 0

    class Counted(grpc_mock.GrpcMock):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal accepted
            accepted += 1
            super().connection_made(transport)

    server = await asyncio.get_running_loop().create_server(Counted, "127.0.0.1", 0)
    asked = {"messages": [{"role": "user", "content": str(Script(tokens=5, gap=0.002, first=0.01))}]}
    try:
        target = Target.parse(f"grpc://127.0.0.1:{port_of(server)}")
        async with open_asker(target, asked, Bounds()) as asker:
            readings = [await asker.ask(time.monotonic()) for _ in range(3)]
    finally:
        server.close()
    assert accepted == 1
    for reading in readings:
        assert (reading.failure, reading.tokens, reading.events) == (None, 5, 8)
        assert (reading.ttft or 0) >= 0.0095
        assert reading.latency >= 0.018 - 0.001
