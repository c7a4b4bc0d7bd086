"""OpenAI's paths, and Anthropic's, over a backend. Each call runs for as long as its caller stays."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response

from janus_mesh.errors import InvalidRequest, JanusError
from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.parsing import parse
from janus_platform.reply import Reply

from .backend import Backend
from .call import Call, CallRecord
from .envelope import Envelope

# What Anthropic's API is asked for beside the body.
_PASSED_ON = ("anthropic-version", "anthropic-beta")
_Asked = Callable[[Call, Reply, CallRecord], Awaitable[None]]


def inference_routes(backend: Backend, gate: Gate, max_body_bytes: int) -> APIRouter:
    """`/v1/chat/completions`, `/v1/responses`, `/v1/messages`, `/v1/embeddings` and their like."""
    router = APIRouter(prefix="/v1")

    def endpoint(operation: str, answer: _Asked) -> Callable[[Request], Awaitable[Response]]:
        async def posted(request: Request) -> Response:
            async def work(reply: Reply, passage: Passage) -> None:
                passage.destination = f"model:{backend.name}"
                call = _call(passage.body, request.headers)
                record = CallRecord(backend.name, operation, reply, model=call.model, stream=call.stream)
                await _conducted(reply, passage, operation, record, answer(call, reply, record))

            return gate.answer(request, operation, work, max_body=max_body_bytes)

        return posted

    operations: dict[str, tuple[str, _Asked]] = {
        "/chat/completions": ("chat", backend.chat),
        "/responses": ("responses", backend.responses),
        "/messages": ("messages", backend.messages),
        "/embeddings": ("embeddings", backend.embeddings),
        "/images/generations": ("images", backend.images),
    }
    for path, (operation, answer) in operations.items():
        router.add_api_route(path, endpoint(operation, answer), methods=["POST"])

    @router.get("/models")
    async def models(request: Request) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            record = CallRecord(backend.name, "models", reply, model="", stream=False)
            await _conducted(reply, passage, "models", record, backend.models(reply, record))

        return gate.answer(request, "models", work)

    return router


def _call(body: bytes, headers: Mapping[str, str]) -> Call:
    """Raises `InvalidRequest` for what no backend should be asked."""
    envelope = parse(Envelope, body)
    if envelope.background:  # it would go on, unmetered, when its caller has left
        raise InvalidRequest("background: not offered here", param="background")
    passed = {name: headers[name] for name in _PASSED_ON if name in headers}
    return Call(body, envelope.model, bool(envelope.stream), envelope.stream_options, passed)


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
            elif operation != "images":  # which are priced by the call
                passage.tokens(record.model, metered)
