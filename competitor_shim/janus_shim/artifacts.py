"""`ArtifactService`: fetches the bytes of an artifact from its container, or from a store that is listed.

`artifact_address` decides which addresses are allowed, at each fetch. Redirects are not followed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from yarl import URL

from janus_mesh import logs
from janus_mesh.errors import (
    CompetitorFailed,
    InvalidRequest,
    JanusError,
    NotFound,
    PayloadTooLarge,
)
from janus_proto._gen.janus.artifact.v1 import artifact_pb2 as pb
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

from .artifact_address import allowed_address
from .containers import Containers
from .error_bodies import http_error
from .http import Call, HttpClient
from .settings import Settings
from .silence import Silence

ARTIFACT_SERVICE = pb.DESCRIPTOR.services_by_name["ArtifactService"].full_name

_PIECE_BYTES = 64 * 1024
_ERROR_BYTES = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_PASSED_ON = frozenset(("x-request-id", "traceparent", "tracestate"))

log = logs.get("shim.artifacts")

Context = grpc.aio.ServicerContext[pb.FetchArtifactRequest, pb.FetchArtifactResponse]


class ArtifactServicer(artifact_pb2_grpc.ArtifactServiceServicer):
    """Serves the artifacts of all containers of this shim."""

    def __init__(self, containers: Containers, client: HttpClient, settings: Settings) -> None:
        self._containers = containers
        self._client = client
        self._settings = settings
        self._prefixes = [URL(prefix) for prefix in settings.shim_artifact_origins]

    async def FetchArtifact(self, request: pb.FetchArtifactRequest, context: Context) -> None:  # type: ignore[override]  # the stub types cover the sync and the async server at once
        try:
            await self._fetch(request, context)
        except JanusError as error:
            log.info("artifact not fetched", competitor_id=request.competitor_id, reason=error.message)
            await context.abort(error.status.grpc, error.message)

    async def _fetch(self, request: pb.FetchArtifactRequest, context: Context) -> None:
        container = self._containers.find(request.competitor_id)
        url = allowed_address(container.base, self._prefixes, request.url)
        headers = _headers(request, context.invocation_metadata() or ())
        ca_file = ""
        if url.origin() == container.base.origin():  # its secrets are for itself alone
            container.check_usable()
            headers |= dict(container.headers)
            ca_file = container.ca_file
        bounds = self._settings.first_event_timeout, self._settings.gap_timeout
        async with (
            Silence(*bounds) as silence,
            self._client.request("GET", url, headers, ca_file=ca_file) as call,
        ):
            extent = await _extent(call, request)
            if extent.total > self._settings.shim_max_artifact_bytes:
                raise self._too_large()
            head = pb.ArtifactHead(
                mime_type=call.headers.get("content-type", ""),
                total_bytes=extent.total,
                offset=request.offset,
            )
            await context.write(pb.FetchArtifactResponse(head=head))
            await self._copy(call, extent, context, silence)

    async def _copy(self, call: Call, extent: "_Extent", context: Context, silence: Silence) -> None:
        """Copies the bytes wanted, in pieces, and reads no faster than they are taken."""
        skip, left, taken = extent.skip, extent.length, 0
        while left and (read := await call.read()):
            silence.heard()
            silence.interrupted()
            taken += len(read)
            if taken > self._settings.shim_max_artifact_bytes:
                raise self._too_large()
            wanted = read[skip : skip + left]
            skip = max(0, skip - len(read))
            left -= len(wanted)
            for start in range(0, len(wanted), _PIECE_BYTES):
                await context.write(pb.FetchArtifactResponse(data=wanted[start : start + _PIECE_BYTES]))
            silence.resumed()
        if skip:
            raise _beyond_the_end()

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"the artifact has more than {self._settings.shim_max_artifact_bytes} bytes")


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where in a body the bytes wanted are."""

    total: int  # bytes of the whole artifact; 0 when not said
    skip: int  # bytes of the body before those wanted
    length: int  # bytes wanted


async def _extent(call: Call, request: pb.FetchArtifactRequest) -> _Extent:
    """Reads it from the head of the answer. Raises the typed error for an answer without the artifact."""
    length = request.length or 2**63
    if call.status == 200:  # all of it, perhaps because the container does not know Range
        total = _content_length(call)
        if total and request.offset and request.offset >= total:
            raise _beyond_the_end()
        return _Extent(total, request.offset, length)
    if call.status == 206:
        said = _CONTENT_RANGE.fullmatch(call.headers.get("content-range", ""))
        if said is None or int(said[1]) > request.offset:
            raise CompetitorFailed("the competitor answered with another range than asked for")
        return _Extent(0 if said[2] == "*" else int(said[2]), request.offset - int(said[1]), length)
    if call.status in (404, 410):
        raise NotFound("the artifact is gone")
    if call.status == 416:
        raise _beyond_the_end()
    raise http_error(call.status, call.headers, await call.read_some(_ERROR_BYTES))


def _beyond_the_end() -> InvalidRequest:
    return InvalidRequest("the artifact ends before the offset", param="offset")


def _content_length(call: Call) -> int:
    """The length that the head says; 0 when it says none, or that of a compressed form."""
    length = call.headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in call.headers else 0


def _headers(request: pb.FetchArtifactRequest, metadata: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    headers = {str(key): str(value) for key, value in metadata if key in _PASSED_ON}
    if request.length:
        headers["range"] = f"bytes={request.offset}-{request.offset + request.length - 1}"
    elif request.offset:
        headers["range"] = f"bytes={request.offset}-"
    return headers
