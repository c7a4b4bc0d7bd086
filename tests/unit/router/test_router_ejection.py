"""Ejection of a competitor whose answers fail, and its way back."""

import asyncio

import pytest
from support.answers import ChatEvent, Witness, ask, say
from support.scripted_competitor import failing, holding, saying

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed, CompetitorRejected, Internal, Overloaded, Unavailable

BROKEN = failing(CompetitorFailed("it broke"))


async def fail(router, times: int, error: type[Exception] = CompetitorFailed) -> None:
    for _ in range(times):
        with pytest.raises(error):
            await router.ask(ask("a"))


async def answered(router) -> None:
    """Asks until there is an answer, within a time that is short beside the ejections of these tests."""
    async with asyncio.timeout(10):
        while True:
            try:
                await router.ask(ask("a"))
                return
            except Unavailable:
                await asyncio.sleep(0.01)


async def test_an_ejected_competitor_is_passed_over_while_others_are_left(house):
    broken, well = await house.competitor(BROKEN), await house.competitor()
    router = await house.router(
        {"id": "a", "url": broken.url, "models": ["m"]},
        {"id": "b", "url": well.url, "models": ["m"]},
        router_eject_after=2,
        router_max_attempts=1,
    )
    await fail(router, 2)
    await router.until_state("EJECTED", "a")

    for _ in range(5):
        await router.ask(ask("m"))

    assert (len(broken.requests), len(well.requests)) == (2, 5)


async def test_the_sole_competitor_is_ejected_too_so_that_callers_fail_fast(house):
    broken = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": broken.url}, router_eject_after=2, router_eject_seconds=50, router_max_attempts=1
    )
    await fail(router, 2)

    with pytest.raises(Unavailable, match=r"a is ejected \(its answers failed, last: it broke\)") as caught:
        await router.ask(ask("a"))

    assert 45 < caught.value.retry_after <= 50
    assert len(broken.requests) == 2


async def test_a_good_trial_restores_it(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": competitor.url},
        router_eject_after=1,
        router_eject_seconds=0.05,
        router_max_attempts=1,
    )
    await fail(router, 1)
    competitor.script = saying("better")

    await answered(router)
    await router.until_state("HEALTHY", "a")


async def test_during_the_trial_nobody_else_is_sent_there(house):
    release = asyncio.Event()
    competitor = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": competitor.url},
        router_eject_after=1,
        router_eject_seconds=0.01,
        router_max_attempts=1,
    )
    await fail(router, 1)
    competitor.script = holding(release)
    await competitor.next_answer()
    await asyncio.sleep(router.registry.named("a").breaker.remaining + 0.01)
    trial = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()

    with pytest.raises(Unavailable, match="a is ejected"):
        await router.ask(ask("a"))

    release.set()
    await trial
    await router.ask(ask("a"))


async def test_those_who_queue_for_it_are_sent_away_when_it_is_ejected(house):
    release = asyncio.Event()
    competitor = await house.competitor()

    async def hold_then_break(*_: object) -> None:
        await release.wait()
        raise CompetitorFailed("it broke")

    competitor.script = hold_then_break
    router = await house.router(
        {"id": "a", "url": competitor.url, "max_concurrency": 1}, router_eject_after=1, router_max_attempts=1
    )
    first = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()
    queued = asyncio.create_task(router.ask(ask("a")))
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    release.set()

    with pytest.raises(CompetitorFailed):
        await first
    with pytest.raises(Unavailable, match="a is ejected"):
        await queued
    assert len(competitor.requests) == 1


@pytest.mark.parametrize(
    "error", [CompetitorRejected("no", competitor_status=400), Overloaded("busy", retry_after=9)]
)
async def test_refusals_and_load_do_not_eject(house, error):
    competitor = await house.competitor(failing(error))
    router = await house.router({"id": "a", "url": competitor.url}, router_eject_after=2)

    await fail(router, 4, type(error))

    assert len(competitor.requests) == 4


async def test_callers_who_leave_do_not_eject(house):
    competitor = await house.competitor(holding(asyncio.Event()))
    router = await house.router({"id": "a", "url": competitor.url}, router_eject_after=2)

    for _ in range(4):
        asked = asyncio.create_task(router.ask(ask("a")))
        witness = await competitor.next_answer()
        asked.cancel()
        await witness.cancelled.wait()

    assert not router.registry.named("a").breaker.ejected


async def test_a_crash_in_a_native_competitor_counts_against_it(house):
    competitor = await house.competitor(failing(Internal("crashed")))
    router = await house.router({"id": "a", "url": competitor.url}, router_eject_after=2)

    await fail(router, 2, Internal)

    await router.until_state("EJECTED", "a")


async def test_a_competitor_that_was_restarted_need_not_sit_out_its_ejection(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": competitor.url}, router_eject_after=1, router_eject_seconds=300
    )
    await fail(router, 1)
    competitor.script = saying("fresh")

    await competitor.stop()
    await competitor.start()

    await answered(router)
    await router.until_state("HEALTHY", "a")


@pytest.mark.parametrize("transport", ["link", "rpc"])
async def test_a_caller_who_reads_slowly_is_not_held_against_it(house, monkeypatch, transport):
    monkeypatch.setenv("JANUS_MESH_TRANSPORT", transport)

    async def long_answer(exchange: mesh.Exchange, witness: Witness) -> None:
        for _ in range(300):
            await witness.send(exchange, ChatEvent(content="x" * 10_000))
        await say(exchange, "end")

    competitor = await house.competitor(long_answer)
    router = await house.router({"id": "a", "url": competitor.url}, gap_timeout=0.01, router_eject_after=1)
    async with router.peer.chat(ask("a")) as exchange:
        async for event in exchange:
            if event.HasField("content"):
                break
        await asyncio.sleep(1.2)  # longer than the router waits for a competitor: 0.01 s and its slack of 1 s
        words = [event.content async for event in exchange]

    assert words[-3] == "end"
    assert not router.registry.named("a").breaker.ejected
