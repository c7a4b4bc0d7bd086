"""The HTTP application: each service of the platform is a router, errors look like OpenAI's everywhere."""

from collections.abc import Sequence
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from janus_mesh.errors import Internal, InvalidRequest, JanusError, NotFound

from .gate.gate import Gate
from .gate.usage import usage_routes
from .inference.backend import Backend
from .inference.routes import inference_routes

VERSION = version("janus-platform")


def build_app(
    backend: Backend,
    *,
    max_body_bytes: int,
    gate: Gate | None = None,
    services: Sequence[APIRouter] = (),
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

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    _shape_errors(app)
    return app


def _shape_errors(app: FastAPI) -> None:
    @app.exception_handler(JanusError)
    async def known(_: Request, error: JanusError) -> JSONResponse:
        return JSONResponse(error.openai_body(), error.http_status)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        """What the framework refuses: unknown paths and methods."""
        said = f"{request.method} {request.url.path}: {error.detail}"
        shaped = NotFound(said) if error.status_code == 404 else InvalidRequest(said)
        return JSONResponse(shaped.openai_body(), error.status_code, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        """The client left while it sent its request; nobody reads this."""
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> JSONResponse:
        """Our own fault; the server logs the traceback."""
        error = Internal("internal error of the platform services; their log says more")
        return JSONResponse(error.openai_body(), error.http_status)
