"""`POST /v1/search`."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.parsing import parse

from .engine import Engine

_MOST_BODY_BYTES = 64 * 1024


class SearchRequest(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(strict=True, extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=1000)]
    limit: Annotated[int, Field(ge=1, le=50)] = 5


def search_routes(engine: Engine, gate: Gate) -> APIRouter:
    """Searches by whichever engine there is; `source` in the answer says which."""
    router = APIRouter(prefix="/v1")

    @router.post("/search")
    async def search(request: Request) -> Response:
        async def work(passage: Passage) -> dict[str, object]:
            passage.destination = engine.destination
            passage.bytes_sent += len(passage.body)
            asked = parse(SearchRequest, passage.body)
            results = await engine.search(asked.query, asked.limit, passage.caller.identity)
            return {"source": engine.source, "results": [asdict(result) for result in results]}

        return gate.answer_json(request, "search", work, max_body=_MOST_BODY_BYTES)

    return router
