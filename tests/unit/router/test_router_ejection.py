"""Ejection of a competitor whose answers fail, and its way back."""

import asyncio

import pytest
from support.answers import ChatEvent, Witness, ask, say
from support.scripted_competitor import failing, failing_after, holding, saying

import janus_mesh as mesh
from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    CompetitorRejected,
    Internal,
    JanusError,
    Overloaded,
    Unavailable,
)

BROKEN = failing(CompetitorFailed("it broke"))
# One failure is enough, and there are no probes: for tests of what follows an ejection.
AT_ONCE = {
    "router_eject_after": 1,
    "router_eject_callers": 1,
    "router_eject_probes_per_second": 0,
    "router_max_attempts": 1,
}


async def fail(router, *callers: str, error: type[Exception] = CompetitorFailed, model: str = "a") -> None:
    for caller in callers:
        with pytest.raises(error):
            await router.ask(ask(model), caller=caller)


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
    await fail(router, "ann", "bob")
    await router.until_state("EJECTED", "a")

    for _ in range(5):
        await router.ask(ask("m"))

    assert (len(broken.requests), len(well.requests)) == (2, 5)


async def test_one_caller_s_failing_requests_do_not_take_it_from_the_others(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": competitor.url}, router_max_attempts=1)
    await fail(router, *["ann"] * 30)

    competitor.script = saying("well")

    assert await router.ask(ask("a"), caller="bob")
    assert not router.registry.named("a").breaker.ejected


@pytest.mark.parametrize("words", [(), ("begun",)], ids=["before the first event", "after it"])
async def test_one_request_counts_once_however_often_it_is_tried(house, words):
    competitor = await house.competitor(failing_after(CompetitorFailed("it broke"), *words))
    router = await house.router(
        {"id": "a", "url": competitor.url},
        router_eject_after=2,
        router_eject_callers=1,
        router_max_attempts=3,
    )

    await fail(router, "ann")

    assert len(competitor.requests) == (1 if words else 3)
    assert not router.registry.named("a").breaker.ejected
    await fail(router, "ann")
    assert router.registry.named("a").breaker.ejected


async def test_a_sole_competitor_still_gets_a_bounded_share_of_requests(house):
    broken = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": broken.url},
        router_eject_after=2,
        router_eject_seconds=50,
        router_eject_probes_per_second=0.001,
        router_max_attempts=1,
    )
    await fail(router, "ann", "bob")

    outcomes = []
    for number in range(20):
        with pytest.raises(JanusError) as caught:
            await router.ask(ask("a"), caller=f"caller-{number}")
        outcomes.append(type(caught.value))

    assert outcomes == [CompetitorFailed] * 2 + [Unavailable] * 18
    assert len(broken.requests) == 4


async def test_a_competitor_asked_for_by_name_gets_its_share_while_another_could_answer(house):
    broken, well = await house.competitor(BROKEN), await house.competitor()
    router = await house.router(
        {"id": "a", "url": broken.url, "models": ["m"]},
        {"id": "b", "url": well.url, "models": ["m"]},
        router_eject_after=2,
        router_eject_seconds=50,
        router_max_attempts=1,
    )
    await fail(router, "ann", "bob")
    broken.script = saying("better")

    await router.ask(ask("m", competitor_id="a"), caller="cid")

    await router.until_state("HEALTHY", "a")


async def test_the_refusal_says_why_and_when_there_is_a_trial(house):
    broken = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": broken.url},
        router_eject_after=2,
        router_eject_seconds=50,
        router_eject_probes_per_second=0,
        router_max_attempts=1,
    )
    await fail(router, "ann", "bob")

    with pytest.raises(Unavailable) as caught:
        await router.ask(ask("a"))

    assert caught.value.message == (
        "no competitor asked for is available: a is ejected "
        "(after 2 failures of 2 callers, the last one `competitor_failed`; next trial in 50 s)"
    )
    assert 45 < caught.value.retry_after <= 50
    assert len(broken.requests) == 2


async def test_a_refusal_does_not_quote_another_caller_s_failure(house):
    broken = await house.competitor(failing(CompetitorFailed("cannot parse `my secret prompt`")))
    router = await house.router({"id": "a", "url": broken.url}, **AT_ONCE)
    await fail(router, "ann")

    with pytest.raises(Unavailable) as caught:
        await router.ask(ask("a"), caller="bob")

    assert "secret" not in caught.value.message


async def test_a_good_trial_restores_it(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": competitor.url}, **AT_ONCE, router_eject_seconds=0.05)
    await fail(router, "ann")
    competitor.script = saying("better")

    await answered(router)
    await router.until_state("HEALTHY", "a")


async def test_during_the_trial_nobody_else_is_sent_there(house):
    release = asyncio.Event()
    competitor = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": competitor.url}, **AT_ONCE, router_eject_seconds=0.01)
    await fail(router, "ann")
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
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 1}, **AT_ONCE)
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


async def test_verdicts_on_requests_do_not_eject(house):
    competitor = await house.competitor(failing(CompetitorRejected("no", competitor_status=400)))
    router = await house.router({"id": "a", "url": competitor.url}, **AT_ONCE)

    await fail(router, "ann", "bob", "cid", error=CompetitorRejected)

    assert len(competitor.requests) == 3


async def test_a_competitor_without_capacity_for_several_callers_is_ejected(house):
    competitor = await house.competitor(failing(Overloaded("busy", retry_after=9)))
    router = await house.router({"id": "a", "url": competitor.url}, router_eject_after=2)

    await fail(router, "ann", "ann", error=CompetitorBusy)
    assert not router.registry.named("a").breaker.ejected

    await fail(router, "bob", error=CompetitorBusy)
    assert router.registry.named("a").breaker.ejected


async def test_callers_who_leave_do_not_eject(house):
    competitor = await house.competitor(holding(asyncio.Event()))
    router = await house.router({"id": "a", "url": competitor.url}, **AT_ONCE)

    for _ in range(4):
        asked = asyncio.create_task(router.ask(ask("a")))
        witness = await competitor.next_answer()
        asked.cancel()
        await witness.cancelled.wait()

    assert not router.registry.named("a").breaker.ejected


async def test_a_crash_in_a_native_competitor_counts_against_it(house):
    competitor = await house.competitor(failing(Internal("crashed")))
    router = await house.router({"id": "a", "url": competitor.url}, router_eject_after=2)

    await fail(router, "ann", "bob")

    await router.until_state("EJECTED", "a")


async def test_a_competitor_that_was_restarted_need_not_sit_out_its_ejection(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": competitor.url}, **AT_ONCE, router_eject_seconds=300)
    await fail(router, "ann")
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
    router = await house.router({"id": "a", "url": competitor.url}, gap_timeout=0.01, **AT_ONCE)
    async with router.peer.chat(ask("a")) as exchange:
        async for event in exchange:
            if event.HasField("content"):
                break
        await asyncio.sleep(1.2)  # longer than the router waits for a competitor: 0.01 s and its slack of 1 s
        words = [event.content async for event in exchange]

    assert words[-3] == "end"
    assert not router.registry.named("a").breaker.ejected
