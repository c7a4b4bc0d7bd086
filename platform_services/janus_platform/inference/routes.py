"""OpenAI's paths over a backend. Each call runs for as long as its caller stays."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

from janus_mesh.errors import JanusError
from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.parsing import parse
from janus_platform.reply import Reply

from .backend import Backend
from .call import Call, CallRecord
from .envelope import Envelope

_Asked = Callable[[Call, Reply, CallRecord], Awaitable[None]]


def inference_routes(backend: Backend, gate: Gate, max_body_bytes: int) -> APIRouter:
    """`/v1/chat/completions`, `/v1/embeddings`, `/v1/images/generations` and `/v1/models`."""
    router = APIRouter(prefix="/v1")

    def posted(request: Request, operation: str, answer: _Asked) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            passage.destination = f"model:{backend.name}"
            envelope = parse(Envelope, passage.body)
            call = Call(passage.body, envelope.model, bool(envelope.stream), envelope.stream_options)
            record = CallRecord(backend.name, operation, reply, model=call.model, stream=call.stream)
            await _conducted(reply, passage, operation, record, answer(call, reply, record))

        return gate.answer(request, operation, work, max_body=max_body_bytes)

    @router.post("/chat/completions")
    async def chat_completions(request: Request) -> Response:
        return posted(request, "chat", backend.chat)

    @router.post("/embeddings")
    async def embeddings(request: Request) -> Response:
        return posted(request, "embeddings", backend.embeddings)

    @router.post("/images/generations")
    async def images(request: Request) -> Response:
        return posted(request, "images", backend.images)

    @router.get("/models")
    async def models(request: Request) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            record = CallRecord(backend.name, "models", reply, model="", stream=False)
            await _conducted(reply, passage, "models", record, backend.models(reply, record))

        return gate.answer(request, "models", work)

    return router


async def _conducted(
    reply: Reply, passage: Passage, operation: str, record: CallRecord, answering: Awaitable[None]
) -> None:
    """Runs a backend's answer within its record, and has what it took metered, however it ends."""
    try:
        with record:
            try:
                await answering
            except JanusError as error:
                record.error = passage.error = error
                await reply.fail(error)
    finally:
        passage.bytes_sent += len(passage.body)
        passage.bytes_received += reply.bytes_sent
        if metered := record.metered(passage.body):
            if operation == "embeddings":
                passage.embedded(record.model, metered.prompt)
            elif operation == "chat":  # images are priced by the call
                passage.tokens(record.model, metered.prompt, metered.completion, estimated=metered.estimated)
