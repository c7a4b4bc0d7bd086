"""`RouterService`: the registry as others see and change it."""

import asyncio

import grpc
import pytest
from support.answers import ask
from support.scripted_competitor import holding

from janus_mesh.errors import Unavailable
from janus_proto._gen.janus.router.v1 import router_pb2 as pb

NOWHERE = "grpc://127.0.0.1:9"


def registration(
    lease_seconds: int = 0, lease_secret: str = "", **fields: object
) -> pb.RegisterCompetitorRequest:
    competitor = pb.Competitor(**{"id": "mine", "url": NOWHERE, **fields})  # type: ignore[arg-type]
    return pb.RegisterCompetitorRequest(
        competitor=competitor, lease_seconds=lease_seconds, lease_secret=lease_secret
    )


async def refused(call, code: grpc.StatusCode) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is code
    return caught.value.details() or ""


async def test_the_list_has_the_file_s_order_then_those_that_registered(house):
    router = await house.router({"id": "b", "url": NOWHERE}, {"id": "a", "url": NOWHERE})
    await router.api.RegisterCompetitor(registration())

    reply = await router.api.ListCompetitors(pb.ListCompetitorsRequest())

    assert [competitor.id for competitor in reply.competitors] == ["b", "a", "mine"]
    assert reply.default_model == "janus"


async def test_a_competitor_is_described_as_it_is_now(house):
    release = asyncio.Event()
    native = await house.competitor(holding(release))
    router = await house.router(
        {"id": "a", "url": native.url, "models": ["m"], "weight": 2, "max_concurrency": 1, "description": "d"}
    )
    await router.until_state("HEALTHY", "a")
    asked = [asyncio.create_task(router.ask(ask("a"))) for _ in range(2)]
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    reply = await router.api.DescribeCompetitor(pb.DescribeCompetitorRequest(competitor_id="a"))

    assert reply.competitor == pb.Competitor(
        id="a",
        url=native.url,
        models=["m"],
        weight=2,
        max_concurrency=1,
        state=pb.COMPETITOR_STATE_HEALTHY,
        live_exchanges=1,
        queued_exchanges=1,
        description="d",
    )
    release.set()
    await asyncio.gather(*asked)


async def test_describing_or_draining_an_unknown_one_is_not_found(house):
    router = await house.router()

    described = router.api.DescribeCompetitor(pb.DescribeCompetitorRequest(competitor_id="x"))
    drained = router.api.DrainCompetitor(pb.DrainCompetitorRequest(competitor_id="x"))

    assert "there is no competitor `x`" in await refused(described, grpc.StatusCode.NOT_FOUND)
    await refused(drained, grpc.StatusCode.NOT_FOUND)


async def test_a_watch_begins_with_the_list_and_tells_changes(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    await router.until_state("HEALTHY", "a")
    watch = router.api.WatchCompetitors(pb.WatchCompetitorsRequest())

    first = await watch.read()
    await competitor.set_health(False)
    second = await watch.read()

    assert [c.state for c in (*first.competitors, *second.competitors)] == [
        pb.COMPETITOR_STATE_HEALTHY,
        pb.COMPETITOR_STATE_UNHEALTHY,
    ]
    watch.cancel()


async def test_a_watch_gathers_changes_that_come_together(house):
    router = await house.router()
    watch = router.api.WatchCompetitors(pb.WatchCompetitorsRequest())
    await watch.read()

    for number in range(20):
        await router.api.RegisterCompetitor(registration(id=f"c{number}"))

    messages = 0
    while len((await watch.read()).competitors) < 20:
        messages += 1
    assert messages < 15
    watch.cancel()


async def test_a_registered_competitor_takes_part(house):
    competitor = await house.competitor()
    router = await house.router()

    reply = await router.api.RegisterCompetitor(registration(30, url=competitor.url, models=["m"]))

    await router.until_state("HEALTHY", "mine")
    await router.ask(ask("m"))
    assert reply.expires_at > 0


async def test_a_lease_that_is_not_renewed_ends(house):
    router = await house.router()
    await router.api.RegisterCompetitor(registration(1))
    await router.until(lambda listed: set(listed) == {"mine"})

    await router.until(lambda listed: not listed)


async def test_renewing_moves_the_end_and_keeps_the_competitor(house):
    router = await house.router()
    first = await router.api.RegisterCompetitor(registration(10))
    before = router.registry.named("mine")

    second = await router.api.RegisterCompetitor(registration(100, lease_secret=first.lease_secret))

    assert second.expires_at >= first.expires_at + 89
    assert router.registry.named("mine") is before


async def test_registering_anew_with_another_address_moves_it(house):
    competitor = await house.competitor()
    router = await house.router()
    first = await router.api.RegisterCompetitor(registration())

    await router.api.RegisterCompetitor(registration(url=competitor.url, lease_secret=first.lease_secret))

    await router.until_state("HEALTHY", "mine")


async def test_an_id_of_the_file_cannot_be_registered(house):
    router = await house.router({"id": "mine", "url": NOWHERE})

    details = await refused(router.api.RegisterCompetitor(registration()), grpc.StatusCode.ALREADY_EXISTS)

    assert details == "competitor.id: `mine` belongs to the registry file"


@pytest.mark.parametrize(
    ("fields", "details"),
    [
        ({"id": ""}, "competitor.id: is missing"),
        ({"id": "a b"}, "competitor.id: must be 1 to 64 of"),
        ({"id": "janus"}, "competitor.id: `janus` is the router's default model"),
        ({"url": ""}, "competitor.url: is missing"),
        ({"url": "ftp://h"}, "competitor.url: must begin with"),
        ({"weight": -1}, "competitor.weight: must be greater than 0"),
        ({"weight": float("inf")}, "competitor.weight: must be"),
        ({"max_concurrency": 4_000_000_000}, "competitor.max_concurrency: must be less than"),
        ({"models": ["ok", ""]}, "competitor.models[1]: must be"),
        ({"models": ["filed"]}, "competitor.models[0]: `filed` is the id of another competitor"),
        ({"id": "filed-model"}, "competitor.id: `filed-model` is a model of `filed`"),
        ({"description": "x" * 1_001}, "competitor.description: must have at most 1000"),
        ({"description": "a\x1b[2Jb"}, "competitor.description: must not hold control characters"),
        ({"description": "a\u202eb"}, "competitor.description: must not hold control characters"),
        ({"models": ["m"] * 101}, "competitor.models: "),
        ({"url": "http://h:1"}, "competitor.url: must begin with grpc:// or grpcs://, because only"),
        ({"url": "https://h:1"}, "competitor.url: must begin with grpc:// or grpcs://, because only"),
        ({"lease_secret": "short"}, "lease_secret: must be 16 to 256"),
        ({"lease_seconds": 86_401}, "lease_seconds: must be at most 86400"),
    ],
)
async def test_a_wrong_registration_is_refused_naming_the_field(house, fields, details):
    router = await house.router({"id": "filed", "url": NOWHERE, "models": ["filed-model"]})

    told = await refused(
        router.api.RegisterCompetitor(registration(**fields)), grpc.StatusCode.INVALID_ARGUMENT
    )

    assert told.startswith(details)


async def test_the_file_has_precedence_over_leases_that_clash_with_it(house):
    router = await house.router()
    for competitor_id in ("mine", "other", "third"):
        await router.api.RegisterCompetitor(registration(id=competitor_id))

    router.rewrite({"id": "mine", "url": NOWHERE, "models": ["other"], "description": "the file's"})
    await router.until(lambda listed: "mine" in listed and listed["mine"].description == "the file's")

    assert [competitor.id for competitor in router.registry.competitors] == ["mine", "third"]


async def test_a_drained_competitor_takes_no_new_exchange_and_keeps_its_live_ones(house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url})
    asked = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()

    reply = await router.api.DrainCompetitor(pb.DrainCompetitorRequest(competitor_id="a"))
    assert reply.live_exchanges == 1
    await router.until_state("DRAINING", "a")
    with pytest.raises(Unavailable, match="a is draining"):
        await router.ask(ask("a"))

    release.set()
    await asked
    await router.api.DrainCompetitor(pb.DrainCompetitorRequest(competitor_id="a", resume=True))
    await router.ask(ask("a"))


async def test_draining_outlasts_a_move_to_another_address(house):
    old, new = await house.competitor(), await house.competitor()
    router = await house.router({"id": "a", "url": old.url})
    await router.api.DrainCompetitor(pb.DrainCompetitorRequest(competitor_id="a"))

    router.rewrite({"id": "a", "url": new.url})
    await router.until(lambda listed: listed["a"].url == new.url)

    await router.until_state("DRAINING", "a")
