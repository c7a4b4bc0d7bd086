"""`GET /health`, and `GET /metrics` for Prometheus on this machine or a private network."""

from importlib.metadata import version

from fastapi import APIRouter, Depends, Request

from janus_mesh.errors import NotFound, Unavailable
from janus_mesh.http import metrics_route

from .intake.client_address import is_local
from .openapi import Responses, error_statuses
from .router_client import RouterClient
from .schemas import Health

VERSION = version("janus-edge")
_METRICS: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


def health_routes(router: RouterClient) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["operations"])

    @routes.get("/health", summary="Whether the gateway works", responses=error_statuses(400, 500, 503))
    async def health(ready: bool = False) -> Health:
        """Alive is 200 even without a router; `ready=1` asks for 503 then."""
        if await router.answers():
            return Health(status="ok", version=VERSION, router="reachable")
        if ready:
            raise Unavailable("the router does not answer", code="router_unavailable")
        return Health(status="degraded", version=VERSION, router="unreachable")

    metrics = metrics_route(summary="Prometheus metrics", responses=_METRICS)
    routes.include_router(metrics, dependencies=[Depends(_from_inside)])
    return routes


async def _from_inside(request: Request) -> None:
    """Metrics name competitors and tell the load, so they are not served to the public."""
    if not is_local(request.scope):
        raise NotFound(f"there is no {request.method} {request.url.path}")
