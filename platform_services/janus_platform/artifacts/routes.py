"""`/v1/artifacts`."""

from fastapi import APIRouter, Request, Response

from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.reply import Reply

from . import download
from .store import ArtifactStore
from .upload import Uploads

_DESTINATION = "artifact store"


def artifact_routes(store: ArtifactStore, uploads: Uploads, gate: Gate) -> APIRouter:
    """Keeps what is posted, with the caller's token where one is needed; reading needs the id alone."""
    router = APIRouter(prefix="/v1/artifacts")

    @router.post("")
    async def put(request: Request) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            passage.destination = _DESTINATION
            made = await uploads.take(request.query_params, request.headers, reply.incoming, passage)
            await reply.json(201, made.model_dump(), {"location": made.url})

        return gate.answer(request, "artifacts", work, streams_body=True)

    @router.get("/{artifact_id}")
    @router.head("/{artifact_id}")
    async def get(request: Request, artifact_id: str) -> Response:
        async def work(reply: Reply, passage: Passage) -> None:
            passage.destination = _DESTINATION
            passage.bodiless = request.method == "HEAD"
            await download.send(store, artifact_id, request.headers, reply, passage)

        return gate.answer(request, "artifacts", work, open_to_all=True)

    return router
