"""The HTTP application: each service of the platform is a router, errors look like OpenAI's everywhere."""

from collections.abc import Sequence
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from janus_mesh.http import AllowedHosts, BrowserGuard, answer_errors, metrics_route

from .gate.gate import Gate
from .gate.usage import usage_routes
from .inference.backend import Backend
from .inference.routes import inference_routes

VERSION = version("janus-platform")
_LOCAL = AllowedHosts()
_UPLOADS = r"/v1/artifacts"  # takes files of every type


def build_app(
    backend: Backend,
    *,
    max_body_bytes: int,
    gate: Gate | None = None,
    services: Sequence[APIRouter] = (),
    hosts: AllowedHosts = _LOCAL,
) -> FastAPI:
    """The platform over an inference backend that is up, or on its way, with these other services."""
    gate = gate or Gate()
    app = FastAPI(title="Janus platform services", version=VERSION, docs_url=None, redoc_url=None)
    for service in (inference_routes(backend, gate, max_body_bytes), usage_routes(gate), *services):
        app.include_router(service)

    @app.get("/health")
    async def health() -> JSONResponse:
        """200 once every part can be used, else 503 with the reason."""
        inference = backend.health()
        body = {"status": inference.status, "version": VERSION, "inference": inference.body()}
        return JSONResponse(body, 200 if inference.status == "ok" else 503)

    app.include_router(metrics_route())
    answer_errors(app, "the platform services")
    app.add_middleware(BrowserGuard, hosts=hosts, other_types=_UPLOADS)
    return app
