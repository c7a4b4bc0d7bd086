"""`/v1/vectors`: collections of the caller's own. Callers without a token share those of `anonymous`."""

from fastapi import APIRouter, Request, Response

from janus_platform.gate.gate import Gate, JsonWork

from .service import VectorService

_MOST_BODY_BYTES = 16 * 1024 * 1024


def vector_routes(service: VectorService, gate: Gate) -> APIRouter:
    router = APIRouter(prefix="/v1/vectors")

    def answer(request: Request, work: JsonWork) -> Response:
        return gate.answer_json(request, "vectors", work, max_body=_MOST_BODY_BYTES)

    @router.get("")
    async def collections(request: Request) -> Response:
        return answer(request, service.collections)

    @router.post("/{collection}/upsert")
    async def upsert(request: Request, collection: str) -> Response:
        return answer(request, lambda passage: service.upsert(passage, collection))

    @router.post("/{collection}/search")
    async def search(request: Request, collection: str) -> Response:
        return answer(request, lambda passage: service.search(passage, collection))

    @router.post("/{collection}/delete")
    async def delete(request: Request, collection: str) -> Response:
        return answer(request, lambda passage: service.delete(passage, collection))

    @router.delete("/{collection}")
    async def drop(request: Request, collection: str) -> Response:
        return answer(request, lambda passage: service.drop(passage, collection))

    return router
