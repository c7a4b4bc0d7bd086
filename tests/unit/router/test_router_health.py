"""How a competitor's health becomes its state, seen through the router's own watch."""

import socket

import grpc
import pytest
from support.answers import ask
from support.scripted_competitor import closed_port

from janus_mesh.errors import Unavailable
from janus_proto._gen.janus.chat.v1 import chat_pb2_grpc
from janus_proto._gen.janus.router.v1 import router_pb2


async def reason_of(router, competitor_id: str) -> str:
    request = router_pb2.DescribeCompetitorRequest(competitor_id=competitor_id)
    reply = await router.api.DescribeCompetitor(request)
    return str(reply.competitor.reason)


async def test_a_competitor_s_own_word_is_followed_as_it_changes(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    await router.until_state("HEALTHY", "a")

    await competitor.set_health(False)
    await router.until_state("UNHEALTHY", "a")
    assert "NOT_SERVING" in await reason_of(router, "a")

    await competitor.set_health(True)
    await router.until_state("HEALTHY", "a")
    assert await reason_of(router, "a") == ""


async def test_a_container_s_health_is_what_its_shim_says_under_its_id(house):
    shim = await house.competitor()
    await shim.set_health(True, "up")
    await shim.set_health(False, "down")
    entries = [
        {"id": i, "url": "http://127.0.0.1:9", "shim": shim.address} for i in ("up", "down", "stranger")
    ]
    router = await house.router(*entries)

    await router.until_state("HEALTHY", "up")
    await router.until_state("UNHEALTHY", "down", "stranger")
    assert "does not know" in await reason_of(router, "stranger")


async def test_a_competitor_that_is_not_there_is_unhealthy_with_the_reason(house):
    router = await house.router({"id": "a", "url": f"grpc://127.0.0.1:{closed_port()}"})

    await router.until_state("UNHEALTHY", "a")

    reason = await reason_of(router, "a")
    assert reason.startswith("it cannot be reached: ")
    assert "Connection refused" in reason


async def test_a_competitor_that_comes_back_is_found_again(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    await router.until_state("HEALTHY", "a")

    await competitor.stop()
    await router.until_state("UNHEALTHY", "a")
    await competitor.start()
    await router.until_state("HEALTHY", "a")

    await router.ask(ask("a"))


async def test_a_native_competitor_without_a_health_service_is_healthy_when_it_can_be_reached(house):
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    chat_pb2_grpc.add_ChatServiceServicer_to_server(chat_pb2_grpc.ChatServiceServicer(), server)
    await server.start()
    router = await house.router({"id": "a", "url": f"grpc://127.0.0.1:{port}"})

    await router.until_state("HEALTHY", "a")
    await server.stop(None)


async def test_a_competitor_that_accepts_and_says_nothing_is_unhealthy_after_the_connect_timeout(house):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel accepts, nobody else does
        port = silent.getsockname()[1]
        router = await house.router({"id": "a", "url": f"grpc://127.0.0.1:{port}"}, connect_timeout=0.1)

        await router.until_state("UNHEALTHY", "a")
        assert "did not answer the health check within 0.1 s" in await reason_of(router, "a")


async def test_asking_for_an_unhealthy_competitor_by_id_fails_at_once_with_the_reason(house):
    competitor = await house.competitor()
    await competitor.set_health(False)
    router = await house.router({"id": "a", "url": competitor.url})
    await router.until_state("UNHEALTHY", "a")

    with pytest.raises(Unavailable, match=r"a is unhealthy \(.*NOT_SERVING\)") as caught:
        await router.ask(ask("janus", competitor_id="a"))

    assert caught.value.retry_after > 0
    assert caught.value.competitor_id == "a"
    assert not competitor.requests


async def test_the_unhealthy_are_passed_over(house):
    sick, well = await house.competitor(), await house.competitor()
    await sick.set_health(False)
    router = await house.router(
        {"id": "sick", "url": sick.url, "models": ["m"]}, {"id": "well", "url": well.url, "models": ["m"]}
    )
    await router.until_state("UNHEALTHY", "sick")

    for _ in range(5):
        await router.ask(ask("m"))

    assert (len(sick.requests), len(well.requests)) == (0, 5)
