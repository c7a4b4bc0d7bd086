"""OpenAI's paths over a backend. Each call runs for as long as its caller stays."""

import re
import uuid
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from opentelemetry.trace import SpanKind

from janus_mesh import logs, traces
from janus_mesh.errors import JanusError
from janus_platform.reply import Reply, Replying
from janus_platform.request_body import read_body

from .backend import Backend
from .call import Call, CallRecord
from .parsing import Envelope, parse

_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")


def inference_routes(backend: Backend, max_body_bytes: int) -> APIRouter:
    """`/v1/chat/completions`, `/v1/embeddings` and `/v1/models`."""
    router = APIRouter(prefix="/v1")

    async def called(request: Request) -> Call:
        body = await read_body(request, max_body_bytes)
        envelope = parse(Envelope, body)
        return Call(body, envelope.model, bool(envelope.stream))

    @router.post("/chat/completions")
    async def chat_completions(request: Request) -> Response:
        call = await called(request)

        async def work(reply: Reply, record: CallRecord) -> None:
            await backend.chat(call, reply, record)

        return _conducted(request, backend.name, "chat", work, model=call.model, stream=call.stream)

    @router.post("/embeddings")
    async def embeddings(request: Request) -> Response:
        call = await called(request)

        async def work(reply: Reply, record: CallRecord) -> None:
            await backend.embeddings(call, reply, record)

        return _conducted(request, backend.name, "embeddings", work, model=call.model)

    @router.get("/models")
    async def models(request: Request) -> Response:
        return _conducted(request, backend.name, "models", backend.models)

    return router


def _conducted(
    request: Request,
    backend: str,
    operation: str,
    work: Callable[[Reply, CallRecord], Awaitable[None]],
    *,
    model: str = "",
    stream: bool = False,
) -> Response:
    """Runs `work` within its log context, span and record, and turns its error into an answer."""
    asked_id = request.headers.get("x-request-id", "")
    request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else f"req_{uuid.uuid4().hex}"
    parent = traces.extract(request.headers)

    async def conduct(reply: Reply) -> None:
        with (
            logs.bound(request_id=request_id),
            traces.tracer().start_as_current_span(f"inference.{operation}", parent, SpanKind.SERVER),
            CallRecord(backend, operation, reply, model=model, stream=stream) as record,
        ):
            try:
                await work(reply, record)
            except JanusError as error:
                record.error = error
                await reply.fail(error)

    return Replying(conduct, {"x-request-id": request_id})
