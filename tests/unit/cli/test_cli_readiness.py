"""Whether somebody can answer once the services are up."""

import janus_mesh as mesh
from janus_cli.readiness import missing_competitor
from janus_cli.services import free_port
from janus_proto._gen.janus.router.v1 import router_pb2 as pb
from janus_proto._gen.janus.router.v1 import router_pb2_grpc


class Registry(router_pb2_grpc.RouterServiceServicer):
    """Says, one after the other, what it is given; the last again and again."""

    def __init__(self, *lists):
        self.lists = list(lists)

    async def ListCompetitors(self, request, context):
        return pb.ListCompetitorsResponse(
            competitors=self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        )


async def asked(registry, seconds):
    server = mesh.Server(drain_seconds=0.1)
    server.add(router_pb2_grpc.add_RouterServiceServicer_to_server, registry, "janus.router.v1.RouterService")
    async with server:
        return await missing_competitor(f"grpc://{server.address}", seconds)


WELL = pb.Competitor(id="box", state=pb.COMPETITOR_STATE_HEALTHY)
SICK = pb.Competitor(id="box", state=pb.COMPETITOR_STATE_UNHEALTHY, reason="says 503")


async def test_one_healthy_competitor_is_enough():
    assert await asked(Registry([SICK, WELL]), 5) == ""


async def test_one_that_gets_healthy_is_waited_for():
    assert await asked(Registry([], [SICK], [WELL]), 5) == ""


async def test_why_there_is_none_is_said():
    assert await asked(Registry([SICK]), 0.3) == "box: says 503"
    assert await asked(Registry([]), 0.3) == "the registry names none"


async def test_a_router_that_cannot_be_asked_is_said():
    target = f"127.0.0.1:{free_port('127.0.0.1')}"
    assert (await missing_competitor(target, 5)).startswith("the router could not be asked: ")
