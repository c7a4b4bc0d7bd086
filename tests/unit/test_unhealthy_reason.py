"""What a container's failed health check found reaches whoever asks the router, by way of the shim."""

import asyncio

import pytest
from ruamel.yaml import YAML
from support import competitor_scripts as scripts
from support.http_competitor import HttpCompetitor

import janus_mesh as mesh
from janus_cli import competitors
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc
from janus_router.service import running
from janus_router.settings import RouterSettings
from janus_shim.service import serving
from janus_shim.settings import Settings as ShimSettings


@pytest.fixture
async def router(tmp_path):
    """The address of a router in front of one shim and one container, whose model is not loaded."""
    async with HttpCompetitor(scripts.tokens("x")) as container:
        container.health = scripts.answer(503, b"model not loaded")
        file = tmp_path / "competitors.yaml"
        YAML().dump({"competitors": [{"id": "box", "url": container.url}]}, file)
        async with serving(ShimSettings(competitors=file, shim_port=0, drain_seconds=0.01)) as shim:
            settings = RouterSettings(
                competitors=file, router_port=0, shim_url=shim.address, drain_seconds=0.01
            )
            async with running(settings) as running_router:
                yield running_router.address


async def test_janus_competitors_shows_the_reason(router, capsys):
    async with mesh.dial(router) as peer, asyncio.timeout(10):
        watch = peer.stub(router_pb2_grpc.RouterServiceStub).WatchCompetitors(
            router_pb2.WatchCompetitorsRequest()
        )
        async for answer in watch:
            if "status 503" in answer.competitors[0].reason:
                break
        watch.cancel()

    await competitors.show(router)

    said = " ".join(capsys.readouterr().out.split())
    assert "box" in said
    assert "unhealthy" in said
    assert "model not loaded" in said
