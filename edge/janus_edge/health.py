"""`GET /health` and `GET /metrics`, for those who run the edge."""

from importlib.metadata import version

from fastapi import APIRouter

from janus_mesh.errors import Unavailable
from janus_mesh.http import metrics_route

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

    routes.include_router(metrics_route(summary="Prometheus metrics", responses=_METRICS))
    return routes
