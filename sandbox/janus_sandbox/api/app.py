"""The HTTP application: who may enter, and where each part of the API is."""

import hmac
from collections.abc import Mapping
from importlib.metadata import version

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from janus_mesh.errors import Unauthenticated
from janus_mesh.http import BrowserGuard, JsonBounds, answer_errors, metrics_route
from janus_sandbox.agents import Agent
from janus_sandbox.backend import Isolation
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.settings import SandboxSettings

from .agent import agent_routes
from .commands import command_routes
from .files import file_routes
from .lifecycle import lifecycle_routes
from .views import isolation_body

VERSION = version("janus-sandbox")
_BESIDE_A_FILE = 1024 * 1024


def build_api(
    settings: SandboxSettings, sandboxes: Sandboxes, isolation: Isolation, agents: Mapping[str, Agent]
) -> FastAPI:
    """The API over sandboxes that are open."""
    app = FastAPI(
        title="Janus sandboxes",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        max_body_size=2 * settings.sandbox_max_file_bytes + _BESIDE_A_FILE,  # base64, and some
    )
    key = settings.sandy_api_key.get_secret_value().encode()

    async def entitled(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key)
        if key and not right:
            raise Unauthenticated("a bearer token is needed: SANDY_API_KEY")

    for routes in (
        lifecycle_routes(settings, sandboxes, isolation),
        command_routes(settings, sandboxes),
        file_routes(settings, sandboxes),
        agent_routes(settings, sandboxes, agents),
    ):
        app.include_router(routes, prefix="/api", dependencies=[Depends(entitled)])

    @app.get("/health")
    async def health() -> JSONResponse:
        """How the service isolates, and what it cannot on this machine."""
        status = "ok" if isolation.secure else "insecure"
        return JSONResponse({"status": status, "version": VERSION, "isolation": isolation_body(isolation)})

    app.include_router(metrics_route())
    answer_errors(app, "the sandbox service")
    app.add_middleware(JsonBounds)
    app.add_middleware(BrowserGuard, hosts=settings.hosts)
    return app
