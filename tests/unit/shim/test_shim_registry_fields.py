"""What an entry of the registry says about asking its container: key, model, paths, headers, authorities."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from ruamel.yaml import YAML
from structlog.testing import capture_logs
from support import competitor_scripts as scripts
from support.answers import ask
from support.certificates import self_signed
from support.http_competitor import HttpCompetitor

from janus_mesh.errors import Unavailable
from janus_mesh.health_detail import detail_of
from janus_proto._gen.janus.artifact.v1 import artifact_pb2, artifact_pb2_grpc


@pytest.fixture
def served(serve, tmp_path):
    """A shim in front of one registry entry, called `a`."""

    @asynccontextmanager
    async def start(url: str, **fields: object):
        file = tmp_path / "competitors.yaml"
        YAML().dump({"competitors": [{"id": "a", "url": url, **fields}]}, file)
        async with serve(competitors=file, shim_health_seconds=0.02) as shim:
            yield shim

    return start


@pytest.fixture
def tls(tmp_path):
    """A server's TLS, and the file of the authority that signed its certificate."""
    certificate, key = self_signed(tmp_path, "IP:127.0.0.1")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, certificate


async def until_detail(shim, wanted: str) -> None:
    """Waits until the health of `a` says this to operators; empty: until it serves."""
    stub = shim.peer.stub(health_pb2_grpc.HealthStub)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="a"))
    async with asyncio.timeout(5):
        async for response in watch:
            call = stub.Check(health_pb2.HealthCheckRequest(service="a"))
            await call
            detail = detail_of(await call.trailing_metadata())
            if wanted in detail if wanted else response.status == health_pb2.HealthCheckResponse.SERVING:
                break
    watch.cancel()


async def test_the_api_key_goes_with_every_request(served, competitor, monkeypatch):
    monkeypatch.setenv("A_KEY", "sk-123")
    async with served(competitor.url, api_key_env="A_KEY") as shim:
        await shim.events(ask(competitor_id="a"))
        await until_detail(shim, "")
    assert {asked.path for asked in competitor.requests} == {"/health", "/v1/chat/completions"}
    assert {asked.headers["authorization"] for asked in competitor.requests} == {"Bearer sk-123"}


async def test_extra_headers_go_with_every_request(served, competitor, monkeypatch):
    monkeypatch.setenv("A_KEY", "k")
    async with served(competitor.url, headers={"Api-Key": "${A_KEY}", "X-Tenant": "t"}) as shim:
        await shim.events(ask(competitor_id="a"))
    asked = await competitor.asked()
    assert (asked.headers["api-key"], asked.headers["x-tenant"]) == ("k", "t")
    assert asked.headers["content-type"] == "application/json"


async def test_the_upstream_model_is_asked_for(served, competitor):
    async with served(competitor.url, upstream_model="org/model-1") as shim:
        await shim.events(ask(competitor_id="a", model="a"))
    assert (await competitor.asked()).json["model"] == "org/model-1"


async def test_paths_are_those_of_the_entry(served, competitor):
    competitor.routes["/deep/openai/v1/chat/completions"] = scripts.tokens("there")
    competitor.routes["/deep/live"] = scripts.answer(204, b"", ())
    fields = {"base_path": "/openai/v1", "health_path": "/live"}
    async with served(f"{competitor.url}/deep", **fields) as shim:
        events = await shim.events(ask(competitor_id="a"))
        await until_detail(shim, "")
    assert "".join(event.content for event in events) == "there"


async def test_a_variable_that_is_not_set_makes_it_unhealthy_and_nothing_is_sent(
    served, competitor, monkeypatch
):
    monkeypatch.delenv("A_KEY", raising=False)
    async with served(competitor.url, api_key_env="A_KEY") as shim:
        await until_detail(shim, "the environment variable A_KEY is not set")
        with pytest.raises(Unavailable, match="not configured completely"):
            await shim.events(ask(competitor_id="a"))
    assert competitor.requests == []


async def test_a_key_that_no_header_may_hold_is_not_sent_or_logged(served, competitor, monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret\r\nx-janus-token: forged")
    with capture_logs() as logged:
        async with served(competitor.url, api_key_env="A_KEY") as shim:
            await until_detail(shim, "A_KEY holds characters that no header may hold")
    assert competitor.requests == []
    assert "s3cret" not in repr(logged)


async def test_the_key_is_not_logged_when_all_goes_well(served, competitor, monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret")
    with capture_logs() as logged:
        async with served(competitor.url, api_key_env="A_KEY") as shim:
            await shim.events(ask(competitor_id="a"))
            await until_detail(shim, "")
    assert "s3cret" not in repr(logged)


async def test_a_container_with_a_certificate_of_the_entry_s_authority_answers(served, tls):
    server, authority = tls
    async with (
        HttpCompetitor(scripts.tokens("over TLS"), tls=server) as competitor,
        served(competitor.url, ca_file=authority.name) as shim,  # beside the registry file
    ):
        await until_detail(shim, "")
        events = await shim.events(ask(competitor_id="a"))
    assert "".join(event.content for event in events) == "over TLS"


async def test_a_certificate_of_nobody_known_is_refused_and_told(served, tls):
    server, _ = tls
    async with (
        HttpCompetitor(scripts.tokens("x"), tls=server) as competitor,
        served(competitor.url) as shim,
    ):
        await until_detail(shim, "the competitor's certificate is not trusted: self-signed certificate")
        with pytest.raises(Unavailable):
            await shim.events(ask(competitor_id="a"))
        assert competitor.requests == []


async def test_a_certificate_for_another_name_is_refused(served, tls):
    server, authority = tls
    async with HttpCompetitor(scripts.tokens("x"), tls=server) as competitor:
        url = f"https://localhost:{competitor.port}"
        async with served(url, ca_file=str(authority)) as shim:
            await until_detail(shim, "is not trusted: Hostname mismatch")
        assert competitor.requests == []


@pytest.mark.parametrize(
    ("text", "reason"), [(None, "No such file or directory"), ("none", "holds no certificates")]
)
async def test_a_ca_file_of_no_use_makes_it_unhealthy_until_it_is_mended(served, tls, tmp_path, text, reason):
    server, authority = tls
    file = tmp_path / "authorities.pem"
    if text is not None:
        file.write_text(text)
    async with (
        HttpCompetitor(scripts.tokens("x"), tls=server) as competitor,
        served(competitor.url, ca_file=file.name) as shim,
    ):
        await until_detail(shim, f"the CA file for the competitor cannot be used: {reason}")
        file.write_bytes(authority.read_bytes())
        await until_detail(shim, "")


async def fetched(shim, url: str) -> bytes:
    stub = shim.peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
    call = stub.FetchArtifact(artifact_pb2.FetchArtifactRequest(url=url, competitor_id="a"))
    return b"".join([part.data async for part in call])


async def test_the_key_goes_with_artifacts_of_the_container_and_to_no_other_origin(
    served, competitor, monkeypatch
):
    monkeypatch.setenv("A_KEY", "sk-123")
    async with HttpCompetitor(scripts.tokens("x")) as platform:
        platform.routes["/v1/artifacts/b"] = competitor.routes["/v1/artifacts/a"] = scripts.answer(
            200, b"data"
        )
        monkeypatch.setenv("JANUS_SHIM_ARTIFACT_ORIGINS", platform.url)
        async with served(competitor.url, api_key_env="A_KEY") as shim:
            assert await fetched(shim, "/v1/artifacts/a") == b"data"
            assert await fetched(shim, f"{platform.url}/v1/artifacts/b") == b"data"
    own = [asked.headers for asked in competitor.requests if asked.path.startswith("/v1/artifacts")]
    assert [headers["authorization"] for headers in own] == ["Bearer sk-123"]
    assert [asked.headers.get("authorization") for asked in platform.requests] == [None]
