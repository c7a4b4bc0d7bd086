"""A client that leaves, in whichever phase, stops the work at the competitor's own socket."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from support.competitor_scripts import chosen
from support.http_competitor import Asked, HttpCompetitor
from support.stack import Stack, free_port, running

import janus_mesh as mesh
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The promise is 250 ms, which `make bench-mesh` measures; a test on a busy machine allows for its load.
PROMPTLY = 2.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def stack(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    registry = (
        "competitors:\n"
        f"  - {{id: patient, url: 'http://127.0.0.1:{port}'}}\n"
        f"  - {{id: single, url: 'http://127.0.0.1:{port}', max_concurrency: 1}}\n"
    )
    with running(tmp_path_factory.mktemp("disconnect"), registry) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module", scope="module", autouse=True)
async def competitor(stack: Stack, port: int) -> AsyncIterator[HttpCompetitor]:
    async with HttpCompetitor(chosen("tokens:3"), port=port) as competitor:
        async with httpx.AsyncClient(base_url=stack.url) as client:
            for model in ("patient", "single"):
                while (await client.post("/v1/chat/completions", json=body(model, "tokens:1"))).is_error:
                    pass
                await competitor.asked()
        yield competitor


def body(model: str, behaviour: str, *, stream: bool = True) -> dict[str, object]:
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": behaviour}]}


class Client:
    """A raw HTTP client, which can stop reading and leave in any way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def asking(cls, stack: Stack, model: str, behaviour: str, *, stream: bool = True) -> "Client":
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.edge_port, limit=1024)
        payload = json.dumps(body(model, behaviour, stream=stream)).encode()
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"content-length: {len(payload)}\r\n\r\n"
        )
        writer.write(head.encode() + payload)
        await writer.drain()
        return cls(reader, writer)

    async def see(self, text: bytes) -> None:
        """Reads until this has arrived."""
        seen = b""
        async with asyncio.timeout(10):
            while text not in seen:
                seen += await self._reader.read(256)

    def leave(self, how: str) -> float:
        """Closes in order or by reset; when that was."""
        if how == "reset":
            sock = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort() if how == "reset" else self._writer.close()
        return time.monotonic()


async def stops(asked: Asked, left_at: float) -> None:
    async with asyncio.timeout(PROMPTLY):
        await asked.disconnected.wait()
    assert asked.disconnected.at is not None
    print(f"stopped {1000 * (asked.disconnected.at - left_at):.1f} ms after the client left")


HOWS = pytest.mark.parametrize("how", ["close", "reset"])


@HOWS
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("phase", ["hang-before-head", "hang-before-first-event", "hang-mid-stream"])
async def test_leaving_while_the_competitor_is_silent(
    stack: Stack, competitor: HttpCompetitor, phase: str, stream: bool, how: str
) -> None:
    client = await Client.asking(stack, "patient", f"fault:{phase}", stream=stream)
    asked = await competitor.asked()
    if phase == "hang-mid-stream" and stream:
        await client.see(b"partial")
    else:
        await asked.came.wait()
    await stops(asked, client.leave(how))


@HOWS
async def test_leaving_after_the_head_went_out_for_a_keep_alive(
    stack: Stack, competitor: HttpCompetitor, how: str
) -> None:
    client = await Client.asking(stack, "patient", "fault:hang-before-first-event")
    asked = await competitor.asked()
    await client.see(b": ping")
    await stops(asked, client.leave(how))


@HOWS
async def test_leaving_a_flood_that_is_read(stack: Stack, competitor: HttpCompetitor, how: str) -> None:
    client = await Client.asking(stack, "patient", "fault:flood")
    asked = await competitor.asked()
    for _ in range(20):
        await client.see(b"xxxx")
    await stops(asked, client.leave(how))


@HOWS
async def test_leaving_a_flood_that_is_not_read(stack: Stack, competitor: HttpCompetitor, how: str) -> None:
    client = await Client.asking(stack, "patient", "fault:flood")
    asked = await competitor.asked()
    sent = -1
    async with asyncio.timeout(30):
        while asked.bytes_sent != sent:  # until the flood stands still
            sent = asked.bytes_sent
            await asyncio.sleep(0.3)
    await stops(asked, client.leave(how))


@HOWS
async def test_leaving_a_flood_that_is_wanted_whole(
    stack: Stack, competitor: HttpCompetitor, how: str
) -> None:
    client = await Client.asking(stack, "patient", "fault:flood", stream=False)
    asked = await competitor.asked()
    await asked.came.wait()
    await stops(asked, client.leave(how))


@HOWS
async def test_leaving_the_queue_gives_the_place_away(
    stack: Stack, competitor: HttpCompetitor, how: str
) -> None:
    first = await Client.asking(stack, "single", "fault:hang-mid-stream")
    asked = await competitor.asked()
    await first.see(b"partial")
    waiting = await Client.asking(stack, "single", "tokens:1")
    await queued(stack, 1)
    waiting.leave(how)
    await queued(stack, 0)
    assert not asked.disconnected.is_set()
    await stops(asked, first.leave("close"))
    async with httpx.AsyncClient(base_url=stack.url) as client:
        answer = await client.post("/v1/chat/completions", json=body("single", "tokens:2", stream=False))
    assert answer.status_code == 200
    # the next request that the competitor sees is this one: the one that left never came
    assert (await competitor.asked()).json["messages"][0]["content"] == "tokens:2"


async def competitors(stack: Stack) -> AsyncIterator[dict[str, router_pb2.Competitor]]:
    """The router's view of its competitors, again and again."""
    async with mesh.dial(stack.router) as peer, asyncio.timeout(10):
        registry = peer.stub(router_pb2_grpc.RouterServiceStub)
        while True:
            listed = await registry.ListCompetitors(router_pb2.ListCompetitorsRequest())
            yield {competitor.id: competitor for competitor in listed.competitors}
            await asyncio.sleep(0.02)


async def queued(stack: Stack, count: int) -> None:
    """Waits until so many exchanges stand in the queue of `single`."""
    async with contextlib.aclosing(competitors(stack)) as views:
        async for view in views:
            if view["single"].queued_exchanges == count:
                return


async def settled(stack: Stack) -> None:
    """Waits until no exchange is live anywhere."""
    async with contextlib.aclosing(competitors(stack)) as views:
        async for view in views:
            if not any(competitor.live_exchanges for competitor in view.values()):
                return


async def test_four_hundred_departures_leave_nothing_behind(stack: Stack, competitor: HttpCompetitor) -> None:
    async def come_and_go() -> None:
        client = await Client.asking(stack, "patient", "tokens:100:0.01")
        await client.see(b"t1 ")
        client.leave("reset")

    async def wave(size: int) -> None:
        await asyncio.gather(*(come_and_go() for _ in range(size)))

    await wave(20)
    await settled(stack)
    before = {name: service.open_files() for name, service in stack.services.items()}
    for _ in range(20):
        await wave(20)
    # The router has forgotten an exchange when the cancel is on its way; the shim closes its socket later.
    deadline = time.monotonic() + 10
    while (left := grown(stack, before)) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert not left, before


def grown(stack: Stack, before: dict[str, int]) -> dict[str, int]:
    """The open files of the services that hold over five more than before."""
    now = {name: service.open_files() for name, service in stack.services.items()}
    return {name: count for name, count in now.items() if count > before[name] + 5}
