"""A caller that leaves, in any phase, stops the competitor's work; one that reads slowly slows it."""

import asyncio
import json
import time

import pytest
from support import competitor_scripts as scripts
from support.answers import ask
from support.http_competitor import EVENT_STREAM, JSON, HttpCompetitor, Reply

from janus_proto._gen.janus.chat.v1 import request_pb2

pytestmark = pytest.mark.usefixtures("read_by")

# The contract is 250 ms; shared machines get some slack.
SOON = 1.0


async def _half_a_json_answer(reply: Reply) -> None:
    await reply.head(200, JSON)
    await reply.send(b'{"choices": [')
    await reply.stall()


async def _half_an_event(reply: Reply) -> None:
    await reply.head(200, EVENT_STREAM)
    await reply.send(b'data: {"choices": [')
    await reply.stall()


# Phase: what the competitor does, and the event after which the caller leaves.
PHASES = {
    "before the head": (scripts.hang_before_head, None),
    "before the first event": (scripts.hang_before_first_event, None),
    "between pings": (scripts.pings_before_first_event, None),
    "within the first event": (_half_an_event, None),
    "within a JSON answer": (_half_a_json_answer, None),
    "mid-stream": (scripts.hang_mid_stream, "content"),
    "while flooding": (scripts.flood, "content"),
}


async def leave_and_measure(shim, competitor, request=None, after=None) -> float:
    """Leaves after an event of that kind, or once the competitor is asked; seconds until it saw that."""
    async with shim.peer.chat(request or ask()) as exchange:
        asked = await competitor.asked()
        if after is not None:
            async for event in exchange:
                if event.WhichOneof("payload") == after:
                    break
        assert not asked.disconnected.is_set()
        left = time.monotonic()
    async with asyncio.timeout(5):
        await asked.disconnected.wait()
    return asked.disconnected.at - left


@pytest.mark.parametrize("phase", PHASES)
async def test_a_caller_that_leaves_is_seen_by_the_competitor(phase, shim, competitor):
    competitor.chat, after = PHASES[phase]
    seconds = await leave_and_measure(shim, competitor, after=after)
    print(f"\ncancel {phase}: {seconds * 1000:.1f} ms")
    assert seconds < SOON


async def test_a_caller_that_leaves_while_the_competitor_does_not_read_is_seen(shim, competitor):
    """The request does not fit into the buffers between, so most of it still waits to be sent."""
    competitor.reads_bodies.clear()
    part = request_pb2.ContentPart(text="x" * 30_000_000)
    message = request_pb2.Message(role=request_pb2.ROLE_USER, parts=request_pb2.ContentParts(parts=[part]))
    async with shim.peer.chat(request_pb2.ChatRequest(model="m", messages=[message])):
        asked = await competitor.asked()
    competitor.reads_bodies.set()
    async with asyncio.timeout(5):
        await asked.disconnected.wait()
    assert not asked.came.is_set()


async def test_a_caller_that_is_cancelled_is_seen_too(shim, competitor):
    competitor.chat = scripts.hang_mid_stream
    asking = asyncio.create_task(shim.events())
    asked = await competitor.asked()
    left = time.monotonic()
    asking.cancel()
    async with asyncio.timeout(5):
        await asked.disconnected.wait()
    assert asked.disconnected.at - left < SOON


async def test_a_caller_that_leaves_without_reading_a_flood_is_seen(shim, competitor):
    competitor.chat = scripts.flood
    async with shim.peer.chat(ask()) as exchange:
        await anext(exchange)
        asked = await competitor.asked()
        await _standstill(asked)
        left = time.monotonic()
    async with asyncio.timeout(5):
        await asked.disconnected.wait()
    seconds = asked.disconnected.at - left
    print(f"\ncancel of a flood held back: {seconds * 1000:.1f} ms")
    assert seconds < SOON


async def test_a_connection_that_was_left_is_not_used_again(shim, competitor):
    competitor.next_chats.append(scripts.hang_mid_stream)
    await leave_and_measure(shim, competitor, after="content")
    await shim.events()
    left, fresh = [asked for asked in competitor.requests if asked.method == "POST"]
    assert fresh.connection != left.connection


async def test_a_hundred_callers_that_leave_at_once_are_all_seen_and_nothing_stays_behind(shim, competitor):
    await shim.events()  # the mesh is connected from here on
    await competitor.asked()
    tasks_before = len(asyncio.all_tasks())
    competitor.chat = scripts.hang_mid_stream
    exchanges = [asyncio.create_task(shim.events()) for _ in range(100)]
    asked = [await competitor.asked() for _ in exchanges]
    left = time.monotonic()
    for exchange in exchanges:
        exchange.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*(one.disconnected.wait() for one in asked))
    slowest = max(one.disconnected.at for one in asked) - left
    print(f"\ncancel of 100 at once: slowest {slowest * 1000:.1f} ms")
    await asyncio.gather(*exchanges, return_exceptions=True)
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > tasks_before:
            await asyncio.sleep(0.01)
    assert slowest < 2 * SOON


async def test_a_slow_reader_holds_the_competitor_back(serve):
    async with (
        HttpCompetitor(scripts.flood, send_buffer=64 * 1024) as competitor,
        serve(competitor.url) as shim,
        shim.peer.chat(ask()) as exchange,
    ):
        await anext(exchange)
        asked = await competitor.asked()
        held = await _standstill(asked)
        print(f"\nflood held back after {held / 1e6:.1f} MB")
        assert held < 24_000_000
        for _ in range(20_000):
            await anext(exchange)
        assert asked.bytes_sent > held


async def _standstill(asked) -> int:
    """Waits until the competitor can send no more; how much it has sent."""
    async with asyncio.timeout(20):
        sent = -1
        while sent != asked.bytes_sent:
            sent = asked.bytes_sent
            await asyncio.sleep(0.5)
    return sent


async def test_the_last_event_is_in_no_danger_from_a_caller_that_leaves_with_it(shim, competitor):
    """Callers leave as they get the finish; the connection is kept all the same."""
    for _ in range(10):
        await shim.events()
    assert len({asked.connection for asked in competitor.requests if asked.method == "POST"}) == 1


async def test_a_competitor_that_does_not_end_after_done_is_given_up(shim, competitor):
    async def lingering(reply: Reply) -> None:
        await reply.head(200, EVENT_STREAM)
        await reply.event(scripts.chunk({"content": "a"}, finish="stop"))
        await reply.event("[DONE]")
        await reply.stall()

    competitor.next_chats.append(lingering)
    assert (await shim.events())[-1].HasField("finish")
    asked = await competitor.asked()
    async with asyncio.timeout(3):
        await asked.disconnected.wait()
    assert json.loads(asked.body)["stream"] is True
