"""Why a competitor is not healthy, as operators and as callers are told; and TLS to native competitors."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs
from support.answers import ask
from support.certificates import self_signed
from support.scripted_competitor import ScriptedCompetitor

from janus_mesh.errors import Unavailable
from janus_proto._gen.janus.router.v1 import router_pb2 as pb


class RudeHealth(health_pb2_grpc.HealthServicer):
    """Never serves, and says so with what no terminal should be shown."""

    async def Check(self, request, context):
        context.set_trailing_metadata(
            (("janus-health-detail-bin", b"a\x1b[2J\n\xe2\x80\xaeb\xff" + b"c" * 3_000),)
        )
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)

    async def Watch(self, request, context):
        yield health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)
        await asyncio.Event().wait()


class RestlessHealth(health_pb2_grpc.HealthServicer):
    """Changes its mind as fast as it can be told."""

    async def Watch(self, request, context):
        states = health_pb2.HealthCheckResponse.NOT_SERVING, health_pb2.HealthCheckResponse.SERVING
        while True:
            for status in states:
                yield health_pb2.HealthCheckResponse(status=status)


@asynccontextmanager
async def health_only(servicer: health_pb2_grpc.HealthServicer):
    """The url of a server with nothing but this health service."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"grpc://127.0.0.1:{port}"
    await server.stop(0)


async def until_reason(router, wanted: str) -> str:
    """Waits until the reason of `a` holds these words; returns it."""
    found = ""

    def told(listed: dict[str, pb.Competitor]) -> bool:
        nonlocal found
        found = listed["a"].reason
        return wanted in found

    async with asyncio.timeout(10):
        await router.until(told)
    return found


async def test_operators_are_told_what_the_health_check_found(house):
    shim = await house.competitor()
    router = await house.router({"id": "a", "url": "http://h"}, shim_url=shim.address)

    await shim.server.set_health("a", False, "GET /health answered with status 401")

    await until_reason(router, "GET /health answered with status 401")


async def test_callers_are_not_told_what_a_competitor_said(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})

    await competitor.server.set_health("", False, "buy at evil.example")
    await until_reason(router, "buy at evil.example")

    with pytest.raises(Unavailable) as caught:
        await router.ask(ask("a"))
    assert "evil" not in caught.value.message


async def test_a_new_detail_replaces_the_old_one(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    await competitor.server.set_health("", False, "first")
    await until_reason(router, "first")

    await competitor.server.set_health("", False, "second")

    await until_reason(router, "second")


async def test_a_detail_is_one_printable_line_of_bounded_length(house):
    async with health_only(RudeHealth()) as url:
        router = await house.router({"id": "a", "url": url})
        reason = await until_reason(router, "a [2J")

    assert reason.startswith("a [2J b")
    assert reason.isprintable()
    assert len(reason) <= 500


async def test_a_competitor_that_changes_its_health_all_the_time_is_listened_to_now_and_then(house):
    async with health_only(RestlessHealth()) as url:
        with capture_logs() as logged:
            await house.router({"id": "a", "url": url})
            await asyncio.sleep(1)  # the flood's length: the figure below is for a second
    changes = [line for line in logged if line["event"] == "health"]
    assert 0 < len(changes) <= 40


async def test_a_native_competitor_behind_tls_answers(house, tmp_path):
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    competitor = await house.enter(ScriptedCompetitor(tls=(certificate, key)))
    router = await house.router({"id": "a", "url": competitor.url, "ca_file": str(certificate)})

    assert competitor.url.startswith("grpcs://")
    await router.until_state("HEALTHY", "a")
    events = await router.ask(ask("a"))

    assert "".join(event.content for event in events) == "hello"


async def test_a_native_competitor_with_a_certificate_of_nobody_known_is_unhealthy(house, tmp_path):
    competitor = await house.enter(ScriptedCompetitor(tls=self_signed(tmp_path, "IP:127.0.0.1")))
    router = await house.router({"id": "a", "url": competitor.url})

    await until_reason(router, "CERTIFICATE_VERIFY_FAILED")

    with pytest.raises(Unavailable):
        await router.ask(ask("a"))
    assert competitor.requests == []


async def test_a_certificate_for_another_name_is_refused(house, tmp_path):
    certificate, key = self_signed(tmp_path, "DNS:other.test")
    competitor = await house.enter(ScriptedCompetitor(tls=(certificate, key)))
    router = await house.router({"id": "a", "url": competitor.url, "ca_file": str(certificate)})

    await until_reason(router, "Hostname Verification Check failed")


async def test_a_ca_file_that_is_missing_trusts_nobody(house, tmp_path):
    competitor = await house.enter(ScriptedCompetitor(tls=self_signed(tmp_path, "IP:127.0.0.1")))
    router = await house.router({"id": "a", "url": competitor.url, "ca_file": "nowhere.pem"})

    await until_reason(router, "it cannot be reached")


async def test_a_plain_client_cannot_reach_a_tls_port(house, tmp_path):
    competitor = await house.enter(ScriptedCompetitor(tls=self_signed(tmp_path, "IP:127.0.0.1")))
    router = await house.router({"id": "a", "url": f"grpc://{competitor.address}"})

    await router.until_state("UNHEALTHY", "a")


async def test_a_tls_competitor_may_register(house, tmp_path):
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    competitor = await house.enter(ScriptedCompetitor(tls=(certificate, key)))
    router = await house.router()

    request = pb.RegisterCompetitorRequest(competitor=pb.Competitor(id="a", url=competitor.url))
    await router.api.RegisterCompetitor(request)

    await until_reason(router, "CERTIFICATE_VERIFY_FAILED")  # the system does not know its authority
