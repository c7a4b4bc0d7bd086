"""`janus.router.v1.RouterService`: shows the registry and changes it."""

import asyncio

from janus_mesh.errors import InvalidRequest
from janus_mesh.registry import Entry, EntryInvalid, parse
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.router.v1 import router_pb2 as pb
from janus_proto._gen.janus.router.v1 import router_pb2_grpc

from .competitor import Competitor, State
from .registry import Registry

SERVICE = pb.DESCRIPTOR.services_by_name["RouterService"].full_name

_DEFAULT_LEASE_SECONDS = 30
_LONGEST_LEASE_SECONDS = 86_400
# A watcher hears of a change of state after the first, of a mere count after the second.
_GATHER_SECONDS = 0.05
_COUNTS_SECONDS = 1.0

_STATES = {state: pb.CompetitorState.Value(f"COMPETITOR_STATE_{state.name}") for state in State}


class RouterApi(router_pb2_grpc.RouterServiceServicer):
    """Serves one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._closed = False

    def close(self) -> None:
        """Ends the watches, which would otherwise hold the server open."""
        self._closed = True
        self._registry.announce()

    @answering
    async def ListCompetitors(self, _: pb.ListCompetitorsRequest, __: Context) -> pb.ListCompetitorsResponse:
        return pb.ListCompetitorsResponse(
            competitors=self._listed(), default_model=self._registry.default_model
        )

    @answering
    async def DescribeCompetitor(
        self, request: pb.DescribeCompetitorRequest, _: Context
    ) -> pb.DescribeCompetitorResponse:
        return pb.DescribeCompetitorResponse(
            competitor=_described(self._registry.named(request.competitor_id))
        )

    @answering
    async def WatchCompetitors(  # type: ignore[override]  # written to the context, not yielded
        self, _: pb.WatchCompetitorsRequest, context: Context
    ) -> None:
        sent: pb.WatchCompetitorsResponse | None = None
        while not self._closed:
            change = self._registry.next_change()
            listed = pb.WatchCompetitorsResponse(competitors=self._listed())
            if listed != sent:
                await context.write(listed)
                sent = listed
            try:
                async with asyncio.timeout(_COUNTS_SECONDS):
                    await change.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(_GATHER_SECONDS)

    @answering
    async def RegisterCompetitor(
        self, request: pb.RegisterCompetitorRequest, context: Context
    ) -> pb.RegisterCompetitorResponse:
        seconds = request.lease_seconds or _DEFAULT_LEASE_SECONDS
        if seconds > _LONGEST_LEASE_SECONDS:
            raise InvalidRequest(
                f"lease_seconds: must be at most {_LONGEST_LEASE_SECONDS}", param="lease_seconds"
            )
        try:
            registration = self._registry.register(
                _entry(request.competitor),
                seconds,
                secret=request.lease_secret,
                holder=_address(context.peer()),
            )
        except EntryInvalid as error:
            kind = type(error)
            raise kind(("competitor", *error.place), error.reason) from None
        return pb.RegisterCompetitorResponse(
            expires_at=int(registration.expires_at), lease_secret=registration.secret
        )

    @answering
    async def DrainCompetitor(
        self, request: pb.DrainCompetitorRequest, _: Context
    ) -> pb.DrainCompetitorResponse:
        competitor = self._registry.named(request.competitor_id)
        competitor.drain(not request.resume)
        return pb.DrainCompetitorResponse(live_exchanges=competitor.gate.live)

    def _listed(self) -> list[pb.Competitor]:
        return [_described(competitor) for competitor in self._registry.competitors]


def _described(competitor: Competitor) -> pb.Competitor:
    entry, condition = competitor.entry, competitor.condition
    return pb.Competitor(
        id=entry.id,
        url=entry.url,
        models=entry.models,
        weight=entry.weight,
        max_concurrency=entry.max_concurrency,
        state=_STATES[condition.state],
        reason=condition.detail or condition.reason,
        live_exchanges=competitor.gate.live,
        queued_exchanges=competitor.gate.queued,
        description=entry.description,
    )


def _address(peer: str) -> str:
    """The host of a caller as gRPC names it, such as `ipv4:10.0.0.7:41232`, without its port."""
    return peer.rpartition(":")[0] if peer.startswith(("ipv4:", "ipv6:")) else peer


def _entry(competitor: pb.Competitor) -> Entry:
    """A registered competitor's entry; what is not set has the file's default."""
    raw: dict[str, object] = {"models": tuple(competitor.models), "description": competitor.description}
    given = {
        "id": competitor.id,
        "url": competitor.url,
        "weight": competitor.weight,
        "max_concurrency": competitor.max_concurrency,
    }
    return parse(raw | {name: value for name, value in given.items() if value})
