"""The HTTP surface of the competitor contract: chat, health, models, metrics."""

from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from janus_mesh import traces
from janus_mesh.headers import TOKEN
from janus_mesh.http import AllowedHosts, BrowserGuard, answer_errors, metrics_route, read_body, request_id

from .answer import PATH, AnswerResponse
from .conversation import Conversation
from .inference import InferenceClient
from .paths import Paths
from .record import RequestRecord
from .settings import AgentCliSettings

MODEL_ID = "baseline-agent-cli"
VERSION = version("janus-baseline")


def build_app(settings: AgentCliSettings, inference: InferenceClient, paths: Paths) -> FastAPI:
    """The competitor over the platform services."""
    app = FastAPI(title="Janus baseline: agent CLI", version=VERSION, docs_url=None, redoc_url=None)

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        headers = request.headers
        conversation = Conversation(await read_body(headers, request.receive, limit=settings.max_body_bytes))
        record = RequestRecord(request_id(headers), traces.extract(headers), stream=conversation.streams)
        demand, token = headers.get(PATH, ""), headers.get(TOKEN, "")
        return AnswerResponse(paths.answer(conversation, demand, record.request_id, token), record)

    @app.get("/health")
    async def health() -> JSONResponse:
        """200 while a question could be answered."""
        if reason := await inference.unready():
            return JSONResponse({"status": "unavailable", "version": VERSION, "reason": reason}, 503)
        return JSONResponse({"status": "ok", "version": VERSION})

    @app.get("/v1/models")
    async def models() -> JSONResponse:
        entry = {"id": MODEL_ID, "object": "model", "created": 0, "owned_by": "janus"}
        return JSONResponse({"object": "list", "data": [entry]})

    app.include_router(metrics_route())
    answer_errors(app, "the baseline")
    hosts = AllowedHosts.of(settings.allowed_hosts, listening=settings.host)
    app.add_middleware(BrowserGuard, hosts=hosts)
    return app
