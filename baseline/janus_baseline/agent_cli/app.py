"""The HTTP surface of the competitor contract: chat, health, models, metrics."""

import re
import uuid
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from janus_mesh import traces
from janus_mesh.errors import Internal, InvalidRequest, JanusError, NotFound, PayloadTooLarge
from janus_mesh.headers import TOKEN

from .answer import PATH, AnswerResponse
from .conversation import Conversation
from .inference import InferenceClient
from .paths import Paths
from .record import RequestRecord
from .settings import AgentCliSettings

MODEL_ID = "baseline-agent-cli"
VERSION = version("janus-baseline")
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")


def build_app(settings: AgentCliSettings, inference: InferenceClient, paths: Paths) -> FastAPI:
    """The competitor over the platform services."""
    app = FastAPI(title="Janus baseline: agent CLI", version=VERSION, docs_url=None, redoc_url=None)

    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        asked_id = request.headers.get("x-request-id", "")
        request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else f"req_{uuid.uuid4().hex}"
        body = await request.body()
        if len(body) > settings.max_body_bytes:
            raise PayloadTooLarge(f"the request body is larger than {settings.max_body_bytes} bytes")
        conversation = Conversation(body)
        caller = traces.extract(request.headers)
        record = RequestRecord(request_id, caller, stream=conversation.streams)
        token, demand = request.headers.get(TOKEN, ""), request.headers.get(PATH, "")
        return AnswerResponse(paths.answer(conversation, demand, request_id, token), record)

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

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    _shape_errors(app)
    return app


def _shape_errors(app: FastAPI) -> None:
    """Every refusal looks like OpenAI's."""

    @app.exception_handler(JanusError)
    async def refused(_: Request, error: JanusError) -> JSONResponse:
        return JSONResponse(error.openai_body(), error.http_status)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        said = f"{request.method} {request.url.path}: {error.detail}"
        kind = NotFound if error.status_code == 404 else InvalidRequest
        return JSONResponse(kind(said).openai_body(), error.status_code, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def left(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> JSONResponse:
        error = Internal("internal error of the baseline; its log says more")
        return JSONResponse(error.openai_body(), error.http_status)
