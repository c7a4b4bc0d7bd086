"""The edge's ASGI app, put together from its parts: `create_app(settings, peer)`."""

import secrets
from collections.abc import Awaitable

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.http import AllowedHosts, BrowserGuard

from . import error_responses, openapi, ui_routes
from .admission import Admission
from .api_keys import ApiKeys, require_key
from .artifact_links import ArtifactLinks
from .artifacts import artifact_routes
from .chat import ChatApp, ChatGateway, chat_routes
from .competition.arena import battle_routes, vote_routes
from .competition.blind_answer import Ring
from .competition.client import CompetitionClient
from .competition.marketplace import catalogue_routes, trial_routes
from .competition.results import publishing_routes, result_routes
from .competition.visitor import Visitors
from .docs_page import docs_routes
from .head_requests import HeadRequests
from .health import VERSION, health_routes
from .intake.bodies import Bodies, Pace
from .intake.callers import Callers
from .intake.client_address import ClientAddresses
from .intake.held_bytes import HeldBytes
from .intake.limits import RATE_LIMIT_HEADERS, ChatLimits, Limiter
from .intake.parser import Parser
from .intake.uploads import Uploads
from .middleware import AccessMiddleware, Cors
from .models import model_routes
from .router_client import RouterClient
from .settings import EdgeSettings
from .signing import ArtifactSigner

log = logs.get("edge")


class EdgeApp(FastAPI):
    """FastAPI, but for chats, which are answered before its layers; around both stands what is for all.

    `parser` has a process of its own: `start` it before serving, and `close` it afterwards.
    """

    parser: Parser

    def surround(self, chats: ASGIApp, settings: EdgeSettings) -> None:
        """To be called once, before it serves."""
        routed = HeadRequests(super().__call__)

        def answered(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
            app = chats if ChatApp.serves(scope) else routed
            return app(scope, receive, send)

        cors = Cors(
            answered,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["*"],
            expose_headers=["x-request-id", "x-janus-competitor", "retry-after", *RATE_LIMIT_HEADERS],
        )
        hosts = AllowedHosts.of(settings.allowed_hosts, listening=settings.host, urls=[settings.public_url])
        self._surrounded = AccessMiddleware(BrowserGuard(cors, hosts=hosts, origins=settings.cors_origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._surrounded(scope, receive, send)


def create_app(settings: EdgeSettings, peer: mesh.Peer, competition: mesh.Peer | None = None) -> EdgeApp:
    """The app, answering through the router at `peer` and the competition service, if there is one.

    The caller keeps both peers open and closes them.
    """
    app = EdgeApp(
        title="Janus",
        version=VERSION,
        description="One OpenAI-compatible address for all competitors.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # One span per request is made by our own middleware, which also names it to the mesh.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.parser = Parser()
    router = RouterClient(peer, call_timeout=settings.connect_timeout, total_timeout=settings.total_timeout)
    artifact_key = _artifact_key(settings)
    signer = ArtifactSigner(artifact_key)
    keys = ApiKeys([key.get_secret_value() for key in settings.api_keys])
    admission = Admission(settings.max_streams)
    clients = ClientAddresses(settings.trusted_proxies, settings.client_address_header)
    app.state.bodies = bodies = Bodies(
        HeldBytes(settings.max_held_bytes),
        Uploads(settings.max_uploads, settings.uploads_per_address),
        clients,
        Pace(settings.min_upload_rate),
    )
    gateway = ChatGateway(
        settings=settings,
        router=router,
        links=ArtifactLinks(signer, public_url=settings.public_url, max_ttl=settings.artifact_max_ttl),
        admission=admission,
        keys=keys,
        callers=Callers(artifact_key, clients, limit_loopback=settings.limit_loopback),
        limiter=Limiter(
            ChatLimits(settings.requests_per_minute, settings.tokens_per_minute, settings.streams_per_caller)
        ),
        bodies=bodies,
        parser=app.parser,
    )
    chats = chat_routes(gateway)
    contest = CompetitionClient(competition)
    visitors = Visitors(clients, public_url=settings.public_url)
    ring = Ring(contest, router, admission, settings)
    guarded = [
        chats,
        model_routes(router),
        publishing_routes(contest, settings),
        battle_routes(ring, visitors),
        trial_routes(contest, visitors),
    ]
    for routes in guarded:
        app.include_router(routes, dependencies=[Depends(require_key(keys))] if keys else [])
    # An artifact's signed id is what entitles to it: an <img> or a link can send no key.
    artifacts = artifact_routes(router, signer, max_bytes=settings.max_artifact_bytes)
    public = [
        artifacts,
        result_routes(contest, visitors),
        vote_routes(ring, visitors),
        catalogue_routes(contest),
        health_routes(router),
        docs_routes(app),
    ]
    for routes in public:
        app.include_router(routes)
    openapi.install(app)
    error_responses.install(app, [*guarded, *public])
    ui_routes.install(app, settings.ui_dir)
    app.add_middleware(error_responses.AnswerErrors)
    app.surround(error_responses.AnswerErrors(ChatApp(gateway, chats.routes[0])), settings)
    return app


def _artifact_key(settings: EdgeSettings) -> bytes:
    if settings.artifact_key is not None:
        return settings.artifact_key.get_secret_value().encode()
    log.warning("JANUS_ARTIFACT_KEY is not set: no other replica serves this one's artifact links")
    return secrets.token_bytes(32)
