"""`janus.artifact.v1.ArtifactService`: forwards a fetch to the competitor that offered the artifact.

The competitor that the request names is asked, whatever host the address names. Parts pass one by one, as
fast as the caller takes them; a caller who leaves stops the source. The source may be hostile: its parts
are checked, and its errors are not believed.
"""

import asyncio

import grpc

from janus_mesh.artifact_address import require_artifact_address
from janus_mesh.errors import CompetitorFailed, CompetitorTimeout, from_grpc
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.artifact.v1 import artifact_pb2 as pb
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

from .competitor_errors import artifact_meaning
from .peers import PeerPool
from .registry import Registry
from .settings import RouterSettings

SERVICE = pb.DESCRIPTOR.services_by_name["ArtifactService"].full_name

# The contract says 64 KiB; a little more is merely odd, megabytes would be held in memory for slow readers.
_MOST_PART_BYTES = 1024 * 1024

_PASSED_ON = ("x-request-id", "traceparent", "tracestate")


class ArtifactApi(artifact_pb2_grpc.ArtifactServiceServicer):
    """Fetches from the competitors of a registry, in whatever condition they are."""

    def __init__(self, registry: Registry, pool: PeerPool, settings: RouterSettings) -> None:
        self._registry = registry
        self._pool = pool
        self._settings = settings

    @answering
    async def FetchArtifact(  # type: ignore[override]  # written to the context, not yielded
        self, request: pb.FetchArtifactRequest, context: Context
    ) -> None:
        competitor = self._registry.named(request.competitor_id)
        require_artifact_address(request.url)
        with self._pool.using(competitor.target) as peer:
            fetch = peer.stub(artifact_pb2_grpc.ArtifactServiceStub).FetchArtifact(
                request, timeout=self._seconds(context), metadata=_passed_on(context)
            )
            try:
                await self._copy(fetch, request.length, context)
            except grpc.aio.AioRpcError as error:
                native = competitor.entry.native
                raise artifact_meaning(from_grpc(error), competitor.id, native=native) from None
            finally:
                fetch.cancel()

    async def _copy(
        self,
        fetch: "grpc.aio.UnaryStreamCall[pb.FetchArtifactRequest, pb.FetchArtifactResponse]",
        wanted: int,
        context: Context,
    ) -> None:
        """Passes the parts on. `wanted` is the number of bytes asked for, 0 for all."""
        parts = _Parts(wanted)
        patience = self._settings.first_event_timeout
        while True:
            try:
                async with asyncio.timeout(patience):
                    part = await fetch.read()
            except TimeoutError:
                raise CompetitorTimeout(f"the artifact's source was silent for {patience:g} s") from None
            if not isinstance(part, pb.FetchArtifactResponse):  # the end
                return
            parts.check(part)
            await context.write(part)
            patience = self._settings.gap_timeout

    def _seconds(self, context: Context) -> float:
        """What the caller allows, at most the bound of an exchange."""
        remaining = context.time_remaining()
        total = self._settings.total_timeout
        return total if remaining is None else min(remaining, total)


class _Parts:
    """Checks that a source keeps to the contract: one head, first, then no more bytes than were wanted."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._bytes = 0
        self._begun = False

    def check(self, part: pb.FetchArtifactResponse) -> None:
        """Raises `CompetitorFailed` when the part may not come now."""
        if part.HasField("head") is self._begun:
            raise CompetitorFailed("the artifact's source must send one head, before the bytes")
        self._begun = True
        self._bytes += len(part.data)
        if len(part.data) > _MOST_PART_BYTES:
            raise CompetitorFailed(f"the artifact's source sent a part of more than {_MOST_PART_BYTES} bytes")
        if self._wanted and self._bytes > self._wanted:
            raise CompetitorFailed(f"the artifact's source sent more than the {self._wanted} bytes wanted")


def _passed_on(context: Context) -> tuple[tuple[str, str], ...]:
    metadata = context.invocation_metadata() or ()
    return tuple((str(key), str(value)) for key, value in metadata if key in _PASSED_ON)
