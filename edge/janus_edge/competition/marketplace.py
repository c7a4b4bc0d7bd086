"""The catalogue of components, and trials of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from janus_edge.openapi import error_statuses
from janus_proto._gen.janus.competition.v1 import marketplace_pb2 as pb

from . import shapes
from .client import CompetitionClient
from .posted import described, posted
from .schemas import Marketplace, NewTrial, TrialResult
from .visitor import Visitors


def catalogue_routes(client: CompetitionClient) -> APIRouter:
    """What everybody may read."""
    routes = APIRouter(prefix="/api/marketplace", tags=["marketplace"])

    @routes.get("/components", summary="What there is", responses=error_statuses(404, 500, 503, 504))
    async def list_components() -> Marketplace:
        return shapes.marketplace(await client.components())

    return routes


def trial_routes(client: CompetitionClient, visitors: Visitors) -> APIRouter:
    """What costs the operator something."""
    routes = APIRouter(prefix="/api/marketplace", tags=["marketplace"])

    @routes.post(
        "/components/{component_id}/try",
        summary="Call a component",
        responses=error_statuses(400, 401, 403, 404, 408, 413, 415, 429, 500, 502, 503, 504),
        openapi_extra=described(NewTrial),
    )
    async def try_component(
        request: Request, component_id: str, body: Annotated[NewTrial, Depends(posted(NewTrial))]
    ) -> TrialResult:
        """One narrow call, where the operator allows it."""
        asked = pb.TryComponentRequest(
            component_id=component_id, input=body.input, client=visitors.client(request)
        )
        tried = await client.try_component(asked)
        return TrialResult(
            output=tried.output, call=tried.call, seconds=tried.seconds, truncated=tried.truncated
        )

    return routes
