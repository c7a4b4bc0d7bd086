"""Whether somebody can answer: the services may all be well while no competitor is yet."""

import asyncio

_ASK_AGAIN_SECONDS = 0.1
_ANSWER_SECONDS = 2.0


async def missing_competitor(router: str, seconds: float) -> str:
    """Waits until the router has a healthy competitor. Empty when it has, else why it has none."""
    # Late, as everything that loads gRPC: while the services start, not before.
    import grpc

    from janus_proto._gen.janus.router.v1 import router_pb2 as pb
    from janus_proto._gen.janus.router.v1 import router_pb2_grpc

    reason = "the router did not say"
    async with grpc.aio.insecure_channel(router.removeprefix("grpc://")) as channel:
        stub: router_pb2_grpc.RouterServiceAsyncStub = router_pb2_grpc.RouterServiceStub(channel)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    request = pb.ListCompetitorsRequest()
                    known = (await stub.ListCompetitors(request, timeout=_ANSWER_SECONDS)).competitors
                    if any(one.state == pb.COMPETITOR_STATE_HEALTHY for one in known):
                        return ""
                    sick = "; ".join(f"{one.id}: {one.reason or 'not heard from yet'}" for one in known)
                    reason = sick or "the registry names none"
                    await asyncio.sleep(_ASK_AGAIN_SECONDS)
        except grpc.aio.AioRpcError as error:
            return f"the router could not be asked: {error.details()}"
        except TimeoutError:
            return reason
