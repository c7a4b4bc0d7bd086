"""`GET` and `HEAD /v1/artifacts/{id}`: streams an artifact from its source and checks it on the way.

A body that contradicts its descriptor never looks complete: its last part is held back until size and
hash are known to be right, and the connection is broken off if they are not.
"""

import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError, NotFound
from janus_mesh.http import (
    ByteRange,
    ClientLeft,
    RangeNotSatisfiable,
    error_response,
    not_modified,
    requested_range,
)
from janus_proto._gen.janus.artifact.v1 import artifact_pb2

from .departure import until_client_leaves
from .disposition import content_disposition, media_type
from .openapi import ARTIFACT_HEAD_RESPONSES, ARTIFACT_RESPONSES
from .record import RequestRecord
from .router_client import RouterClient
from .signing import ArtifactSigner, ArtifactTicket

log = logs.get("edge.artifacts")

_PATH = "/artifacts/{artifact_id}"


class Gone(NotFound):
    """The link was good once."""

    @property
    def http_status(self) -> int:
        return 410


class BrokenOff(Exception):
    """The source failed after the response had begun; the server then closes the connection."""


def artifact_routes(router: RouterClient, signer: ArtifactSigner, *, max_bytes: int) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["artifacts"])

    @routes.head(_PATH, summary="Describe an artifact", responses=ARTIFACT_HEAD_RESPONSES)
    async def describe_artifact(artifact_id: str) -> Response:
        return ArtifactResponse(router, _valid_ticket(signer, artifact_id), max_bytes)

    @routes.get(_PATH, summary="Fetch an artifact", responses=ARTIFACT_RESPONSES)
    async def fetch_artifact(artifact_id: str) -> Response:
        return ArtifactResponse(router, _valid_ticket(signer, artifact_id), max_bytes)

    return routes


def _valid_ticket(signer: ArtifactSigner, artifact_id: str) -> ArtifactTicket:
    ticket = signer.open(artifact_id)
    if ticket.expires_at <= time.time():
        raise Gone("the artifact has expired", code="artifact_expired")
    return ticket


class ArtifactResponse(Response):
    """One artifact, as it arrives."""

    def __init__(self, router: RouterClient, ticket: ArtifactTicket, max_bytes: int) -> None:
        self.background = None
        self._router = router
        self._ticket = ticket
        self._max_bytes = max_bytes
        self._etag = f'"{ticket.sha256}"' if ticket.sha256 else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = RequestRecord.of(scope)
        record.competitor_id = self._ticket.competitor_id
        request = Headers(scope=scope)
        if not_modified(request, self._etag):
            await Response(status_code=304, headers=self._describe())(scope, receive, send)
            return
        try:
            wanted = requested_range(request, self._ticket.size_bytes, self._etag)
        except RangeNotSatisfiable as error:
            refusal = error_response(error, {"content-range": f"bytes */{error.size}"})
            await refusal(scope, receive, send)
            return
        try:
            async with until_client_leaves(receive, record):
                await self._pass_on(wanted, scope["method"] == "HEAD", send)
        except ClientLeft:
            return

    async def _pass_on(self, wanted: ByteRange | None, head_only: bool, send: Send) -> None:
        ticket = self._ticket
        offset, length = (wanted.first, wanted.length) if wanted else (0, 0)
        async with self._router.artifact(
            ticket.competitor_id, ticket.url, offset=offset, length=length
        ) as source:
            if wanted and source.head.offset != wanted.first:
                wanted = None  # the source gives all or nothing, and so do we
            size = self._size(source.head, wanted)
            start = self._start(size, wanted)
            if head_only:
                await send(start)
                await send({"type": "http.response.body"})
                return
            sha256 = "" if wanted else ticket.sha256
            length_wanted = wanted.length if wanted else size
            async with aclosing(_verified(source.parts, length_wanted, sha256, self._max_bytes)) as body:
                await _send_body(body, start, send)

    def _size(self, head: artifact_pb2.ArtifactHead, wanted: ByteRange | None) -> int:
        """Bytes of the whole artifact, 0 when nobody says; refuses what is wrong before it begins."""
        promised, found = self._ticket.size_bytes, head.total_bytes
        if promised and found and promised != found:
            raise CompetitorFailed(f"the artifact has {found} bytes where {promised} were promised")
        size = promised or found
        if size > self._max_bytes:
            raise CompetitorFailed(f"the artifact is larger than {self._max_bytes} bytes")
        if head.offset and not wanted:
            raise CompetitorFailed("the artifact came without its beginning")
        return size

    def _start(self, size: int, wanted: ByteRange | None) -> dict[str, object]:
        headers = self._describe()
        if wanted:
            headers["content-range"] = wanted.content_range
            headers["content-length"] = str(wanted.length)
        elif size:
            headers["content-length"] = str(size)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return {"type": "http.response.start", "status": 206 if wanted else 200, "headers": raw}

    def _describe(self) -> dict[str, str]:
        plain = media_type(self._ticket.mime_type)
        remaining = max(0, self._ticket.expires_at - int(time.time()))
        headers = {
            "content-type": plain,
            "content-disposition": content_disposition(self._ticket.display_name, plain),
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": f"private, max-age={remaining}",
        }
        if self._etag:
            headers["etag"] = self._etag
        if self._ticket.size_bytes:
            headers["accept-ranges"] = "bytes"
        return headers


async def _verified(
    parts: AsyncIterator[bytes], size: int, sha256: str, limit: int
) -> AsyncGenerator[bytes, None]:
    """The parts, each one late, so that the last leaves only when everything proved right."""
    digest = hashlib.sha256()
    received = 0
    held = b""
    async for part in parts:
        received += len(part)
        if received > (size or limit):
            raise CompetitorFailed(f"the artifact is longer than {size or limit} bytes")
        digest.update(part)
        if held:
            yield held
        held = part
    if size and received != size:
        raise CompetitorFailed(f"the artifact ended after {received} of {size} bytes")
    if sha256 and digest.hexdigest() != sha256:
        raise CompetitorFailed("the artifact's bytes do not have the promised hash")
    yield held


async def _send_body(body: AsyncIterator[bytes], start: dict[str, object], send: Send) -> None:
    first = await anext(body)  # what fails before this is a plain error response
    try:
        await send(start)
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for part in body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    except JanusError as error:
        log.warning("artifact broken off", reason=error.message)
        raise BrokenOff(error.message) from None
    await send({"type": "http.response.body"})
