"""Places, queues and bounds as callers meet them."""

import asyncio

import pytest
from support.answers import ask
from support.scripted_competitor import ScriptedCompetitor, holding

from janus_mesh.errors import DeadlineExceeded, Overloaded, Unavailable


async def flood(router, count: int, model: str = "a") -> "list[asyncio.Task[object]]":
    return [asyncio.create_task(router.ask(ask(model))) for _ in range(count)]


async def began(competitor: ScriptedCompetitor, count: int) -> None:
    for _ in range(count):
        await competitor.next_answer()


@pytest.fixture
def release() -> asyncio.Event:
    return asyncio.Event()


async def test_no_more_exchanges_at_once_than_allowed_and_none_is_lost(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 2})
    asked = await flood(router, 10)
    await began(competitor, 2)
    await router.until(lambda listed: listed["a"].queued_exchanges == 8)
    assert len(competitor.requests) == 2

    release.set()
    await asyncio.gather(*asked)

    assert len(competitor.requests) == 10
    gate = router.registry.named("a").gate
    assert (gate.live, gate.queued) == (0, 0)


async def test_a_full_queue_is_overloaded_with_the_time_to_come_back(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 1}, router_queue=1)
    asked = await flood(router, 2)
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    with pytest.raises(Overloaded, match="the queue is full") as caught:
        await router.ask(ask("a"))

    assert caught.value.retry_after >= 1
    release.set()
    await asyncio.gather(*asked)


async def test_a_flood_is_answered_as_far_as_places_and_queue_go_and_the_rest_is_told_at_once(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 4}, router_queue=50)
    asked = await flood(router, 100)
    await began(competitor, 4)
    refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), Overloaded) for task in refused)

    release.set()
    results = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(result, Overloaded) for result in results) == 46
    assert sum(isinstance(result, list) for result in results) == len(competitor.requests) == 54
    gate = router.registry.named("a").gate
    assert (gate.live, gate.queued) == (0, 0)


async def test_waiting_too_long_is_overloaded(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router(
        {"id": "a", "url": competitor.url, "max_concurrency": 1}, router_queue_timeout=0.05
    )
    (first,) = await flood(router, 1)
    await began(competitor, 1)

    with pytest.raises(Overloaded, match=r"no place came free within 0\.05 s"):
        await router.ask(ask("a"))

    release.set()
    await first


async def test_a_deadline_ends_the_waiting_too(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url, "max_concurrency": 1})
    (first,) = await flood(router, 1)
    await began(competitor, 1)

    with pytest.raises(DeadlineExceeded):
        await router.ask(ask("a"), deadline=0.1)

    await router.until(lambda listed: listed["a"].queued_exchanges == 0)
    release.set()
    await first


async def test_another_competitor_with_room_is_taken_before_anybody_queues(house, release):
    busy, idle = await house.competitor(holding(release)), await house.competitor()
    router = await house.router(
        {"id": "a", "url": busy.url, "models": ["m"], "max_concurrency": 1},
        {"id": "b", "url": idle.url, "models": ["m"]},
    )
    (first,) = await flood(router, 1)
    await began(busy, 1)

    await router.ask(ask("m"))

    assert len(idle.requests) == 1
    release.set()
    await first


async def test_who_queues_takes_the_first_place_that_any_candidate_has(house, release):
    slow, quick = await house.competitor(holding(asyncio.Event())), await house.competitor(holding(release))
    router = await house.router(
        {"id": "a", "url": slow.url, "models": ["m"], "max_concurrency": 1},
        {"id": "b", "url": quick.url, "models": ["m"], "max_concurrency": 1},
    )
    held = [*await flood(router, 1, "a"), *await flood(router, 1, "b")]
    await began(slow, 1)
    await began(quick, 1)
    (waiting,) = await flood(router, 1, "m")
    await router.until(lambda listed: listed["a"].queued_exchanges == listed["b"].queued_exchanges == 1)

    release.set()

    await waiting
    assert len(quick.requests) == 2
    held[0].cancel()
    await held[1]


async def test_the_router_itself_carries_so_many_and_no_more(house, release):
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url}, router_max_exchanges=2)
    asked = await flood(router, 2)
    await began(competitor, 2)

    with pytest.raises(Unavailable, match="its limit") as caught:
        await router.ask(ask("a"))

    assert caught.value.retry_after > 0
    release.set()
    await asyncio.gather(*asked)
    await router.ask(ask("a"))


async def test_a_competitor_that_turns_unhealthy_sends_its_queue_to_another(house, release):
    sick, well = await house.competitor(holding(release)), await house.competitor(holding(release))
    entry = {"models": ["m"], "max_concurrency": 1}
    router = await house.router({"id": "a", "url": sick.url, **entry}, {"id": "b", "url": well.url, **entry})
    await router.until_state("HEALTHY", "a", "b")
    held = [*await flood(router, 1, "a"), *await flood(router, 1, "b")]
    await began(sick, 1)
    await began(well, 1)
    (waiting,) = await flood(router, 1, "m")
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    await sick.set_health(False)
    await router.until_state("UNHEALTHY", "a")
    release.set()
    await asyncio.gather(waiting, *held)

    assert (len(sick.requests), len(well.requests)) == (1, 2)
