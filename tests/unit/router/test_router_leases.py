"""Leases of registered competitors: who may renew or replace one, and how many there may be."""

import asyncio

import grpc
import pytest
from structlog.testing import capture_logs

from janus_mesh.errors import PermissionDenied, from_grpc
from janus_proto._gen.janus.router.v1 import router_pb2 as pb
from janus_router import leases

MINE, THEIRS = "grpc://127.0.0.1:9", "grpc://127.0.0.1:10"


def registration(secret: str = "", seconds: int = 30, **fields: object) -> pb.RegisterCompetitorRequest:
    competitor = pb.Competitor(**{"id": "mine", "url": MINE, **fields})  # type: ignore[arg-type]
    return pb.RegisterCompetitorRequest(competitor=competitor, lease_seconds=seconds, lease_secret=secret)


async def refused(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("secret", ["", "a-guess-that-is-long-enough"])
async def test_a_live_lease_is_not_replaced_without_its_secret(house, secret):
    router = await house.router()
    await router.api.RegisterCompetitor(registration())

    error = await refused(router.api.RegisterCompetitor(registration(secret, url=THEIRS)))

    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    typed = from_grpc(error)
    assert isinstance(typed, PermissionDenied)
    assert typed.param == "lease_secret"
    assert router.registry.named("mine").entry.url == MINE


async def test_a_refused_replacement_does_not_renew_the_lease(house):
    router = await house.router()
    await router.api.RegisterCompetitor(registration(seconds=1))

    await refused(router.api.RegisterCompetitor(registration(seconds=100)))

    await router.until(lambda listed: not listed)


async def test_the_holder_renews_and_replaces_with_the_secret_it_was_given(house):
    router = await house.router()
    first = await router.api.RegisterCompetitor(registration())

    second = await router.api.RegisterCompetitor(registration(first.lease_secret, url=THEIRS))

    assert len(first.lease_secret) >= 32
    assert second.lease_secret == first.lease_secret
    assert router.registry.named("mine").entry.url == THEIRS


async def test_each_lease_has_a_secret_of_its_own(house):
    router = await house.router()
    one = await router.api.RegisterCompetitor(registration())
    other = await router.api.RegisterCompetitor(registration(id="other"))

    assert one.lease_secret != other.lease_secret
    await refused(router.api.RegisterCompetitor(registration(one.lease_secret, id="other")))


async def test_a_holder_may_come_back_with_its_secret_after_its_lease_ended(house):
    router = await house.router()
    first = await router.api.RegisterCompetitor(registration(seconds=1))
    await router.until(lambda listed: not listed)

    again = await router.api.RegisterCompetitor(registration(first.lease_secret))

    assert again.lease_secret == first.lease_secret
    await refused(router.api.RegisterCompetitor(registration()))


async def test_a_secret_is_not_logged_or_listed(house):
    router = await house.router()
    with capture_logs() as logged:
        granted = await router.api.RegisterCompetitor(registration())
        await refused(router.api.RegisterCompetitor(registration("another-secret-of-someone")))
        listed = await router.api.ListCompetitors(pb.ListCompetitorsRequest())

    assert granted.lease_secret not in str(listed)
    assert "refused" in [line["event"] for line in logged]
    assert granted.lease_secret not in repr(logged)
    assert "another-secret-of-someone" not in repr(logged)


async def test_one_address_holds_a_bounded_number_of_leases(house, monkeypatch):
    monkeypatch.setattr(leases, "_MOST_PER_HOLDER", 2)
    router = await house.router()
    first = await router.api.RegisterCompetitor(registration(id="a"))
    await router.api.RegisterCompetitor(registration(id="b"))

    error = await refused(router.api.RegisterCompetitor(registration(id="c")))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await router.api.RegisterCompetitor(registration(first.lease_secret, id="a"))  # renewing is no new one


async def test_places_of_ended_leases_are_free_again(house, monkeypatch):
    monkeypatch.setattr(leases, "_MOST_PER_HOLDER", 1)
    router = await house.router()
    await router.api.RegisterCompetitor(registration(id="a", seconds=1))
    await router.until(lambda listed: not listed)

    await router.api.RegisterCompetitor(registration(id="b"))


async def test_a_lease_that_the_file_ended_does_not_expire_a_later_one(house):
    router = await house.router()
    await router.api.RegisterCompetitor(registration(seconds=1))
    router.rewrite({"id": "mine", "url": THEIRS})
    await router.until(lambda listed: "mine" in listed and listed["mine"].url == THEIRS)
    router.rewrite()
    await router.until(lambda listed: not listed)
    await router.api.RegisterCompetitor(registration(seconds=100))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.2):  # longer than the first lease
            await router.until(lambda listed: not listed)
