"""Connections: pipelining takes turns, clients that leave or do not read, and how many there may be."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send
from support.http_service import serving
from support.raw_http import RawServer, raw_server, read_answer, read_answers

from janus_mesh.http_server import HttpLimits
from janus_mesh.http_server.connections import Connections

LIMITS = HttpLimits()
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
WAIT = b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with raw_server() as server:
        yield server


def numbered(count: int) -> bytes:
    return b"".join(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % number for number in range(count))


async def test_pipelined_requests_are_answered_in_order(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(numbered(200))
    answers = await read_answers(reader, 200)
    assert [answer.json["path"] for answer in answers] == [f"/{number}" for number in range(200)]


async def test_pipelined_requests_beyond_a_few_are_not_even_parsed() -> None:
    """What waits costs its bytes and nothing more; what the kernel holds costs nothing here."""
    begun: list[asyncio.Task[None] | None] = []
    heads = 0

    class Counting(dict[str, object]):
        """The application's state, which each parsed request copies."""

        def copy(self) -> "Counting":
            nonlocal heads
            heads += 1
            return self

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(asyncio.current_task())
        await asyncio.Event().wait()

    async with serving(app, state=Counting()) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(GET * 100_000)  # 2.7 MB
        while not begun or heads < 1 + LIMITS.pipelined:
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert (len(begun), heads) == (1, 1 + LIMITS.pipelined)
        writer.close()


async def test_a_pipelined_flood_does_not_keep_another_client_waiting(server: RawServer) -> None:
    """Turns, not time: between two answers of another client, the flood gets a few answers at most."""
    flood_reader, flood_writer = await server.connect()
    flood_writer.write(numbered(2000))
    await read_answers(flood_reader, 1)
    reader, writer = await server.connect()
    server.mirror.paths.clear()
    for _ in range(10):
        writer.write(GET)
        await read_answer(reader)
    assert len(server.mirror.paths) < 400


async def test_a_client_that_leaves_is_noticed_although_it_had_sent_further_requests(
    server: RawServer,
) -> None:
    _, writer = await server.connect()
    writer.write(WAIT + GET)
    await server.mirror.began.wait()
    writer.close()
    async with asyncio.timeout(5):
        await server.mirror.gone.wait()
    assert server.mirror.paths == ["/wait"]


async def test_a_refusal_waits_for_the_answers_before_it(server: RawServer) -> None:
    reader, writer = await server.connect()
    writer.write(WAIT + GET + b"nonsense\r\n\r\n" + GET)
    await server.mirror.began.wait()
    server.mirror.release.set()
    answers = await read_answers(reader, 3)
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert answers[-1].closed


async def test_the_body_of_a_pipelined_request_is_held_back(server: RawServer) -> None:
    """An active request that listens for its client's departure must not read another one's body."""
    reader, writer = await server.connect()
    size = 50_000_000
    writer.write(WAIT + b"POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size)
    await server.mirror.began.wait()

    async def send_all() -> None:
        for _ in range(size // 1_000_000):
            writer.write(b"a" * 1_000_000)
            await writer.drain()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(send_all(), 0.5)
    server.mirror.release.set()
    assert (await read_answer(reader)).status == 200


async def test_a_client_that_takes_nothing_is_dropped() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.create_task(_departure(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": b"a" * 1_000_000, "more_body": True})
            await asyncio.sleep(0)
        ended.set()

    async with serving(app, replace(LIMITS, stall_seconds=0.2)) as url:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(GET)
            async with asyncio.timeout(5):
                await ended.wait()


async def test_a_client_that_reads_slowly_is_not_dropped() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(20):
            await send({"type": "http.response.body", "body": b"a" * 1_000_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with serving(app, replace(LIMITS, stall_seconds=0.3)) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(GET)
        took = 0
        async with asyncio.timeout(20):
            for _ in range(50):  # one second, with something in every stretch of it
                took += len(await reader.read(20_000))
                await asyncio.sleep(0.02)
            while took < 20_000_000:
                took += len(await reader.read(1_000_000))
        writer.close()


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def test_connections_beyond_the_maximum_are_refused_until_one_closes() -> None:
    async with raw_server(replace(LIMITS, connections=2)) as server:
        first_reader, first = await server.connect()
        first.write(GET)
        await read_answer(first_reader)
        second_reader, second = await server.connect()
        second.write(GET)
        await read_answer(second_reader)
        reader, _ = await server.connect()
        refused = await read_answer(reader)
        assert (refused.status, refused.code, refused.closed) == (429, "overloaded", True)
        assert refused.headers["retry-after"] == "1"
        first.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert (await read_answer(first_reader)).closed
        assert (await server.ask(GET)).status == 200


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        (["192.0.2.1", "192.0.2.1", "192.0.2.1"], True),
        (["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"], True),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], True),  # one customer's network
        (["192.0.2.1", "192.0.2.1", "192.0.2.2"], False),
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"], False),
        (["127.0.0.1", "127.0.0.1", "127.0.0.1"], False),
        (["::1", "::1", "::1"], False),
    ],
)
def test_an_address_may_hold_so_many_connections_and_loopback_more(
    addresses: list[str], refused: bool
) -> None:
    connections = Connections(replace(LIMITS, connections_per_address=2))
    answers = [connections.admit(address) for address in addresses]
    assert answers[:2] == [None, None]
    assert (answers[2] is not None and answers[2].http_status == 429) is refused


def test_an_address_gets_its_place_back_when_a_connection_closes() -> None:
    connections = Connections(replace(LIMITS, connections_per_address=1))
    assert connections.admit("192.0.2.1") is None
    connections.release("192.0.2.1")
    assert connections.admit("192.0.2.1") is None
