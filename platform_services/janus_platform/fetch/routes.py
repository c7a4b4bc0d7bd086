"""`POST /v1/fetch`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from janus_platform.gate.gate import Gate
from janus_platform.gate.passage import Passage
from janus_platform.parsing import parse

from .download import Downloaded, Downloader
from .page import Format, Page, Reader

_MOST_BODY_BYTES = 64 * 1024

# Told of every page that was fetched well, with the identity that it was fetched for.
Listener = Callable[[str, Downloaded, Page], Awaitable[None]]


class FetchRequest(BaseModel):
    """What is asked: a page, how it is to be read, and how much of its text is wanted."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: Annotated[str, Field(min_length=1)]
    format: Format = "markdown"
    max_chars: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000


def fetch_routes(downloader: Downloader, reader: Reader, gate: Gate, fetched: Listener) -> APIRouter:
    """Pages of the public web as text."""
    router = APIRouter(prefix="/v1")

    @router.post("/fetch")
    async def fetch(request: Request) -> Response:
        async def work(passage: Passage) -> dict[str, object]:
            asked = parse(FetchRequest, passage.body)
            came = await downloader.fetch(asked.url, passage)
            page = await reader.read(came, asked.format)
            if came.status == 200:
                await fetched(passage.caller.identity, came, page)
            return _body(came, page, asked.max_chars)

        return gate.answer_json(request, "fetch", work, max_body=_MOST_BODY_BYTES)

    return router


def _body(came: Downloaded, page: Page, max_chars: int) -> dict[str, object]:
    return {
        "url": came.url,
        "status": came.status,
        "content_type": came.content_type,
        "title": page.title,
        "text": page.text[:max_chars],
        "truncated": len(page.text) > max_chars,
        "bytes": len(came.content),
        "redirects": came.redirects,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
