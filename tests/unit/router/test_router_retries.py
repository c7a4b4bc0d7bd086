"""Trying again: where, how often, and when not."""

import asyncio
import json

import pytest
from prometheus_client import REGISTRY
from support.answers import ask
from support.scripted_competitor import closed_port, failing, failing_after, holding, saying

from janus_mesh.errors import (
    CompetitorBusy,
    CompetitorFailed,
    CompetitorTimeout,
    DeadlineExceeded,
    Overloaded,
    Unavailable,
)

BROKEN = failing(CompetitorFailed("it broke"))


def routes(events) -> list[tuple[str, int]]:
    payloads = [json.loads(e.janus.payload_json) for e in events if e.HasField("janus")]
    return [(payload["competitor_id"], payload["attempt"]) for payload in payloads]


def shared(*competitors, model: str = "m") -> list[dict[str, object]]:
    """Entries `a`, `b`, ... that share a model. Loads being equal, the first has by far the most weight."""
    return [
        {
            "id": chr(ord("a") + i),
            "url": c.url,
            "models": [model],
            "weight": 1_000_000 if i == 0 else 0.000001,
        }
        for i, c in enumerate(competitors)
    ]


@pytest.fixture
async def pair(house):
    """Two competitors of one model, of which the weighted policy always takes the first first."""
    first, second = await house.competitor(), await house.competitor(saying("from b"))
    router = await house.router(*shared(first, second), router_policy="weighted")
    await router.until_state("HEALTHY", "a", "b")
    return router, first, second


@pytest.mark.parametrize(
    "error",
    [CompetitorFailed("x"), CompetitorTimeout("x"), Unavailable("x"), Overloaded("x", retry_after=30.0)],
    ids=lambda error: error.code,
)
async def test_a_failure_before_the_first_event_is_tried_at_another_competitor(pair, error):
    router, first, second = pair
    first.script = failing(error)

    events = await router.ask(ask("m"))

    assert routes(events) == [("a", 1), ("b", 2)]
    assert "".join(e.content for e in events) == "from b"
    assert (len(first.requests), len(second.requests)) == (1, 1)


async def test_after_the_first_event_the_failure_is_the_caller_s(pair):
    router, first, second = pair
    first.script = failing_after(CompetitorFailed("midway"), "a few ", "words")
    received: list[str] = []

    async def read() -> None:
        async with router.peer.chat(ask("m")) as exchange:
            async for event in exchange:
                received.append(event.content)  # noqa: PERF401  # kept when the error comes

    with pytest.raises(CompetitorFailed, match="midway") as caught:
        await read()

    assert caught.value.competitor_id == "a"
    assert "".join(received) == "a few words"
    assert not second.requests


async def test_a_competitor_that_dies_midway_is_not_replaced(pair):
    router, first, second = pair
    first.script = holding(asyncio.Event(), "half a ")
    heard = asyncio.Event()

    async def read() -> None:
        async with router.peer.chat(ask("m")) as exchange:
            async for event in exchange:
                if event.content:
                    heard.set()

    asked = asyncio.create_task(read())
    await heard.wait()

    await first.stop()

    with pytest.raises(Unavailable) as caught:
        await asked
    assert caught.value.competitor_id == "a"
    assert not second.requests


async def test_a_competitor_that_dies_before_its_first_event_is_replaced(pair):
    router, first, _ = pair
    first.script = holding(asyncio.Event())
    asked = asyncio.create_task(router.ask(ask("m")))
    await first.next_answer()

    await first.stop()

    assert routes(await asked) == [("a", 1), ("b", 2)]


async def test_a_competitor_that_hangs_before_its_first_event_is_replaced(house):
    hanging, second = await house.competitor(holding(asyncio.Event())), await house.competitor()
    router = await house.router(*shared(hanging, second), router_policy="weighted", first_event_timeout=0.01)
    await router.until_state("HEALTHY", "a", "b")
    asked = asyncio.create_task(router.ask(ask("m")))
    witness = await hanging.next_answer()

    assert routes(await asked) == [("a", 1), ("b", 2)]
    await witness.cancelled.wait()


async def test_a_competitor_that_hangs_midway_times_out(house):
    hanging = await house.competitor(holding(asyncio.Event(), "so "))
    router = await house.router({"id": "a", "url": hanging.url}, gap_timeout=0.01)

    with pytest.raises(CompetitorTimeout) as caught:
        await router.ask(ask("a"))

    assert caught.value.competitor_id == "a"
    await (await hanging.next_answer()).cancelled.wait()


async def test_no_more_than_so_many_attempts_and_the_last_error_is_told(house):
    competitors = [await house.competitor(failing(CompetitorFailed(f"it was {i}"))) for i in "abcd"]
    router = await house.router(*shared(*competitors), router_max_attempts=3)
    await router.until_state("HEALTHY", *"abcd")

    with pytest.raises(CompetitorFailed) as caught:
        await router.ask(ask("m"))

    counts = [len(competitor.requests) for competitor in competitors]
    assert sorted(counts) == [0, 1, 1, 1]
    assert caught.value.message == f"it was {caught.value.competitor_id}"


async def test_when_all_have_been_tried_the_same_one_is_tried_again(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": competitor.url})
    asked = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()
    competitor.script = saying("now it works")

    assert routes(await asked) == [("a", 1), ("a", 2)]


async def test_a_competitor_that_says_when_to_come_back_is_not_asked_sooner(house):
    competitor = await house.competitor(failing(Overloaded("busy", retry_after=5.0)))
    router = await house.router({"id": "a", "url": competitor.url})

    with pytest.raises(CompetitorBusy) as caught:
        await router.ask(ask("a"))

    assert caught.value.retry_after == 5.0
    assert len(competitor.requests) == 1


async def test_an_explicit_competitor_is_not_replaced_by_another(pair):
    router, first, second = pair
    first.script = BROKEN

    with pytest.raises(CompetitorFailed) as caught:
        await router.ask(ask("m", competitor_id="a"))

    assert caught.value.competitor_id == "a"
    assert len(first.requests) == 3
    assert not second.requests


async def test_the_deadline_is_not_outlived_by_retries(house):
    hanging = await house.competitor(holding(asyncio.Event()))
    router = await house.router(*shared(hanging, hanging))

    with pytest.raises(DeadlineExceeded):
        await router.ask(ask("m"), deadline=0.2)

    assert len(hanging.requests) == 1


async def test_retries_are_a_share_of_requests_so_that_an_outage_is_not_multiplied(house):
    competitor = await house.competitor(BROKEN)
    router = await house.router(
        {"id": "a", "url": competitor.url},
        router_retry_ratio=0.1,
        router_retry_per_second=0,
        router_eject_after=1_000,
    )

    for _ in range(40):
        with pytest.raises(CompetitorFailed):
            await router.ask(ask("a"))

    assert 40 < len(competitor.requests) <= 44


async def test_a_failure_says_more_than_having_nowhere_left_to_try(house):
    dying = await house.competitor(BROKEN)
    router = await house.router({"id": "a", "url": dying.url}, router_eject_after=1)

    with pytest.raises(CompetitorFailed, match="it broke"):
        await router.ask(ask("a"))


async def test_an_unreachable_competitor_not_yet_known_as_such_is_replaced(house):
    well = await house.competitor()
    router = await house.router(
        {"id": "gone", "url": f"grpc://127.0.0.1:{closed_port()}", "models": ["m"], "weight": 1_000_000},
        {"id": "well", "url": well.url, "models": ["m"]},
    )

    events = await router.ask(ask("m"))

    assert routes(events)[-1][0] == "well"


async def test_attempts_retries_and_usage_are_counted_by_competitor(house):
    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    def counts() -> list[float]:
        return [
            value("janus_router_attempts_total", competitor="metered-1", end="competitor_failed"),
            value("janus_router_attempts_total", competitor="metered-2", end="finish"),
            value("janus_router_retries_total", competitor="metered-2"),
            value("janus_router_tokens_total", competitor="metered-2", kind="completion", source="reported"),
            value("janus_router_ttft_seconds_count", competitor="metered-2"),
        ]

    broken, well = await house.competitor(BROKEN), await house.competitor(saying("one", "two"))
    router = await house.router(
        {"id": "metered-1", "url": broken.url, "models": ["m"], "weight": 1_000_000},
        {"id": "metered-2", "url": well.url, "models": ["m"], "weight": 0.000001},
        router_policy="weighted",
    )
    await router.until_state("HEALTHY", "metered-1", "metered-2")
    before = counts()

    await router.ask(ask("m"))

    assert [after - was for after, was in zip(counts(), before, strict=True)] == [1, 1, 1, 2, 1]
