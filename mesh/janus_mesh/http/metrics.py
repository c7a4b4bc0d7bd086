"""`GET /metrics` for Prometheus."""

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response


def metrics_route(**described: Any) -> APIRouter:
    """The route; `described` is what FastAPI is to say of it in an OpenAPI document."""
    routes = APIRouter()

    @routes.get("/metrics", response_class=Response, **described)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes
