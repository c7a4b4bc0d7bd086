"""A caller who leaves, in each phase, stops the competitor's work and frees its place."""

import asyncio

import pytest
from support.answers import ChatEvent, Witness, ask
from support.scripted_competitor import holding, saying

import janus_mesh as mesh

LIMIT_SECONDS = 0.25


@pytest.fixture(params=["link", "rpc"], autouse=True)
def transport(request, monkeypatch):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", request.param)


async def freed(router) -> None:
    await router.until(lambda listed: listed["a"].live_exchanges == listed["a"].queued_exchanges == 0)


async def test_in_the_queue(house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 1}, router_queue=1)
    first = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()
    leaver = asyncio.create_task(router.ask(ask("a")))
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    leaver.cancel()
    await router.until(lambda listed: listed["a"].queued_exchanges == 0)

    release.set()
    await first
    assert len(competitor.requests) == 1


async def test_before_the_first_event(house):
    competitor = await house.competitor(holding(asyncio.Event()))
    router = await house.router({"id": "a", "url": competitor.url})
    asked = asyncio.create_task(router.ask(ask("a")))
    witness = await competitor.next_answer()

    asked.cancel()

    async with asyncio.timeout(LIMIT_SECONDS):
        await witness.cancelled.wait()
    await freed(router)


async def test_mid_stream(house):
    competitor = await house.competitor(holding(asyncio.Event(), "so ", "far"))
    router = await house.router({"id": "a", "url": competitor.url})
    async with router.peer.chat(ask("a")) as exchange:
        async for event in exchange:
            if event.content == "far":
                break
        witness = await competitor.next_answer()
    async with asyncio.timeout(LIMIT_SECONDS):
        await witness.cancelled.wait()
    await freed(router)


async def test_while_the_competitor_floods(house):
    async def flood(exchange: mesh.Exchange, witness: Witness) -> None:
        while True:
            await witness.send(exchange, ChatEvent(content="x" * 1_000))

    competitor = await house.competitor(flood)
    router = await house.router({"id": "a", "url": competitor.url})
    async with router.peer.chat(ask("a")) as exchange:
        seen = 0
        async for _ in exchange:
            seen += 1
            if seen == 200:
                break
        witness = await competitor.next_answer()
    async with asyncio.timeout(4 * LIMIT_SECONDS):  # the flood itself takes its share of the test's one loop
        await witness.cancelled.wait()
    await freed(router)


async def test_a_slow_reader_holds_the_competitor_back_instead_of_filling_the_router(house):
    async def flood(exchange: mesh.Exchange, witness: Witness) -> None:
        while True:
            await witness.send(exchange, ChatEvent(content="x" * 10_000))

    competitor = await house.competitor(flood)
    router = await house.router({"id": "a", "url": competitor.url})
    async with router.peer.chat(ask("a")):
        witness = await competitor.next_answer()
        sent = -1
        async with asyncio.timeout(10):
            while sent != witness.sent:
                sent = witness.sent
                await asyncio.sleep(0.1)  # long enough for a flood that is not held back
        assert sent * 10_000 < 16_000_000


async def test_the_next_exchange_is_answered(house):
    competitor = await house.competitor(holding(asyncio.Event()))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 1})
    asked = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()
    asked.cancel()
    competitor.script = saying("hello")

    events = await router.ask(ask("a"))

    assert events[-1].HasField("finish")
