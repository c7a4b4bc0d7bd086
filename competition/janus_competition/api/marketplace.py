"""`MarketplaceService`."""

from collections.abc import Sequence

from janus_competition.clients import Pseudonyms
from janus_competition.marketplace.catalogue import Manifest, NamedText
from janus_competition.marketplace.rates import TrialRates
from janus_competition.marketplace.trials import Trials
from janus_mesh import logs
from janus_mesh.errors import PermissionDenied
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.competition.v1 import marketplace_pb2 as pb
from janus_proto._gen.janus.competition.v1 import marketplace_pb2_grpc

SERVICE = pb.DESCRIPTOR.services_by_name["MarketplaceService"].full_name

log = logs.get("competition.marketplace")


class MarketplaceApi(marketplace_pb2_grpc.MarketplaceServiceServicer):
    """Serves the catalogue; without `trials` nothing can be tried."""

    def __init__(
        self,
        manifests: Sequence[Manifest],
        trials: Trials | None,
        rates: TrialRates,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._components = [_component(manifest) for manifest in manifests]
        self._trials = trials
        self._rates = rates
        self._pseudonyms = pseudonyms

    @answering
    async def ListComponents(self, _: pb.ListComponentsRequest, __: Context) -> pb.ListComponentsResponse:
        return pb.ListComponentsResponse(components=self._components, trials_open=self._trials is not None)

    @answering
    async def TryComponent(self, request: pb.TryComponentRequest, _: Context) -> pb.TryComponentResponse:
        if self._trials is None:
            raise PermissionDenied(
                "components cannot be tried here: JANUS_TRY_IT is off", code="trials_closed"
            )
        self._rates.take(self._pseudonyms.of(request.client).address)
        tried = await self._trials.run(request.component_id, request.input)
        log.info("component tried", component=request.component_id, seconds=round(tried.seconds, 3))
        return pb.TryComponentResponse(
            output=tried.output, call=tried.call, seconds=tried.seconds, truncated=tried.truncated
        )


def _component(manifest: Manifest) -> pb.Component:
    trial = manifest.trial
    return pb.Component(
        id=manifest.id,
        name=manifest.name,
        summary=manifest.summary,
        category=manifest.category,
        kind=manifest.kind,
        contract=manifest.contract,
        source=manifest.source,
        address=manifest.address,
        operations=[_named(one) for one in manifest.operations],
        settings=[_named(one) for one in manifest.settings],
        versions=[pb.ComponentVersion(version=one.version, notes=one.notes) for one in manifest.versions],
        sample=pb.CodeSample(language=manifest.sample.language, code=manifest.sample.code),
        trial=None if trial is None else pb.Trial(**trial.model_dump()),
    )


def _named(one: NamedText) -> pb.NamedText:
    return pb.NamedText(name=one.name, what=one.what)
