"""The response that a stream is, before a client that may be slow."""

import asyncio

from starlette.types import Message

from janus_edge.chunks import PING
from janus_edge.event_stream import EventStream

PING_SECONDS = 0.02


class Client:
    """An ASGI server's `send` before a client that reads when `reading` is set."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self.body = b""
        self.heads = 0
        self.complete = False
        self.waiting = asyncio.Event()  # somebody waits for the client

    async def send(self, message: Message) -> None:
        if not self.reading.is_set():
            self.waiting.set()
            await self.reading.wait()
        assert not self.complete, "a message after the last one"
        if message["type"] == "http.response.start":
            self.heads += 1
        else:
            self.body += message["body"]
            self.complete = not message["more_body"]


def stream(client: Client, *, ping_seconds: float = 60.0, before_ping: bytes = b"") -> EventStream:
    return EventStream(client.send, ping_seconds=ping_seconds, before_ping=lambda: before_ping)


async def test_what_is_written_goes_out_at_once_after_one_head():
    client = Client()
    with stream(client) as response:
        assert response.write(b"a")
        assert response.write(b"b")
        assert (client.heads, client.body) == (1, b"ab")
        await response.end(b"c")
    assert (client.heads, client.body, client.complete) == (1, b"abc", True)


async def test_a_slow_client_is_waited_for():
    client = Client()
    with stream(client) as response:
        client.reading.clear()
        assert not response.write(b"a")
        flushing = asyncio.create_task(response.flushed())
        await asyncio.sleep(0)
        assert not flushing.done()
        client.reading.set()
        await flushing
        await response.end(b"b")
    assert client.body == b"ab"


async def test_what_is_written_behind_a_ping_that_a_slow_client_has_not_taken_is_not_lost():
    client = Client()
    with stream(client, ping_seconds=PING_SECONDS) as response:
        response.write(b"a")
        client.reading.clear()
        await client.waiting.wait()  # the ping
        assert not response.write(b"b")
        client.reading.set()
        await response.flushed()
        await response.end(b"c")
    assert client.body == b"a" + PING + b"bc"


async def test_a_client_that_reads_again_is_sent_pings_again():
    client = Client()
    with stream(client, ping_seconds=PING_SECONDS) as response:
        response.write(b"a")
        client.reading.clear()
        await client.waiting.wait()
        client.reading.set()
        async with asyncio.timeout(5):
            while client.body.count(PING) < 3:
                await asyncio.sleep(0.001)


async def test_the_first_ping_brings_the_head_and_what_was_held_for_it():
    client = Client()
    with stream(client, ping_seconds=PING_SECONDS, before_ping=b"routes") as response:
        async with asyncio.timeout(5):
            while not client.body:
                await asyncio.sleep(0.001)
        assert response.begun
    assert client.body.startswith(PING + b"routes")


async def test_nothing_is_sent_after_the_end_although_it_waits_for_the_client():
    client = Client()
    with stream(client, ping_seconds=PING_SECONDS) as response:
        response.write(b"a")
        client.reading.clear()
        ending = asyncio.create_task(response.end(b"b"))
        await client.waiting.wait()
        await asyncio.sleep(3 * PING_SECONDS)
        client.reading.set()
        await ending
        await asyncio.sleep(2 * PING_SECONDS)
    assert client.body == b"ab"
