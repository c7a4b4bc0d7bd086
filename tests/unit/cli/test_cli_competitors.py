"""`janus competitors` against a registry of our own."""

import asyncio

import pytest

import janus_mesh as mesh
from janus_cli import competitors
from janus_cli.services import free_port
from janus_mesh.errors import NotFound, Unavailable
from janus_proto._gen.janus.router.v1 import router_pb2 as pb
from janus_proto._gen.janus.router.v1 import router_pb2_grpc


def competitor(**fields):
    return pb.Competitor(
        **{
            "id": "box",
            "url": "grpc://box:1",
            "models": ["small", "large"],
            "max_concurrency": 64,
            "state": pb.COMPETITOR_STATE_HEALTHY,
            **fields,
        }
    )


class Registry(router_pb2_grpc.RouterServiceServicer):
    """Knows one competitor, which is what `now` says."""

    def __init__(self):
        self.now = [competitor(live_exchanges=3, queued_exchanges=1)]
        self.changed = asyncio.Event()
        self.drained = []

    async def ListCompetitors(self, request, context):
        return pb.ListCompetitorsResponse(competitors=self.now, default_model="janus")

    async def WatchCompetitors(self, request, context):
        yield pb.WatchCompetitorsResponse(competitors=self.now)
        await self.changed.wait()
        yield pb.WatchCompetitorsResponse(competitors=self.now)

    async def DrainCompetitor(self, request, context):
        if request.competitor_id != "box":
            await context.abort(mesh.errors.NotFound("").status.grpc, "no such competitor")
        self.drained.append(request.resume)
        return pb.DrainCompetitorResponse(live_exchanges=3)


@pytest.fixture
async def registry():
    return Registry()


@pytest.fixture
async def target(registry):
    server = mesh.Server(drain_seconds=0.1)
    server.add(router_pb2_grpc.add_RouterServiceServicer_to_server, registry, "janus.router.v1.RouterService")
    async with server:
        yield server.address


async def test_the_list_shows_each_with_state_and_load(target, capsys):
    await competitors.show(target)
    said = capsys.readouterr().out
    (row,) = [line for line in said.splitlines() if line.strip().startswith("box")]
    assert row.split() == ["box", "grpc://box:1", "small,", "large", "healthy", "3/64", "1"]
    assert said.endswith("router chooses: janus\n")


async def test_a_sick_one_is_shown_with_the_reason(target, registry, capsys):
    registry.now = [competitor(state=pb.COMPETITOR_STATE_EJECTED, reason="5 failures [in a row]")]
    await competitors.show(target)
    assert "ejected" in (said := capsys.readouterr().out)
    assert "5 failures [in a row]" in said


async def test_a_reason_cannot_steer_the_terminal(target, registry, capsys):
    registry.now = [competitor(state=pb.COMPETITOR_STATE_UNHEALTHY, reason="a\x1b[2J\u202eb")]
    await competitors.show(target)
    assert "a [2J b" in (said := capsys.readouterr().out)
    assert "\x1b[2J" not in said


async def test_watching_shows_the_list_anew_after_a_change(target, registry, capsys):
    async def change():
        registry.now = [competitor(state=pb.COMPETITOR_STATE_DRAINING)]
        registry.changed.set()

    with pytest.raises(Unavailable, match="ended the watch"):
        await asyncio.gather(competitors.watch(target), change())
    said = capsys.readouterr().out
    assert said.count("grpc://box:1") == 2
    assert "draining" in said


@pytest.mark.parametrize(
    ("resume", "said"),
    [(False, "box takes no new exchanges; 3 still run.\n"), (True, "box takes traffic again.\n")],
)
async def test_draining_and_resuming_reach_the_router(target, registry, capsys, resume, said):
    await competitors.drain(target, "box", resume=resume)
    assert registry.drained == [resume]
    assert capsys.readouterr().out == said


async def test_an_unknown_competitor_is_a_typed_error(target):
    with pytest.raises(NotFound, match="no such competitor"):
        await competitors.drain(target, "nobody", resume=False)


def test_no_router_is_said_with_the_way_out(capsys):
    target = f"127.0.0.1:{free_port('127.0.0.1')}"
    assert competitors.run(target, competitors.show(target)) == 1
    assert capsys.readouterr().err.startswith(f"nothing listens on {target}; ")
