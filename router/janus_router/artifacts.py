"""`janus.artifact.v1.ArtifactService`: forwards a fetch to the competitor that offered the artifact.

Parts pass one by one, as fast as the caller takes them; a caller who leaves stops the source.
"""

import asyncio

import grpc

from janus_mesh.errors import CompetitorTimeout
from janus_mesh.unary import Context, answering
from janus_proto._gen.janus.artifact.v1 import artifact_pb2 as pb
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

from .peers import PeerPool
from .registry import Registry
from .settings import RouterSettings

SERVICE = pb.DESCRIPTOR.services_by_name["ArtifactService"].full_name

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
        with self._pool.using(competitor.target) as peer:
            fetch = peer.stub(artifact_pb2_grpc.ArtifactServiceStub).FetchArtifact(
                request, timeout=self._seconds(context), metadata=_passed_on(context)
            )
            try:
                await self._copy(fetch, context)
            finally:
                fetch.cancel()

    async def _copy(
        self,
        fetch: "grpc.aio.UnaryStreamCall[pb.FetchArtifactRequest, pb.FetchArtifactResponse]",
        context: Context,
    ) -> None:
        patience = self._settings.first_event_timeout
        while True:
            try:
                async with asyncio.timeout(patience):
                    part = await fetch.read()
            except TimeoutError:
                raise CompetitorTimeout(f"the artifact's source was silent for {patience:g} s") from None
            if part is grpc.aio.EOF:
                return
            await context.write(part)
            patience = self._settings.gap_timeout

    def _seconds(self, context: Context) -> float:
        """What the caller allows, at most the bound of an exchange."""
        remaining = context.time_remaining()
        total = self._settings.total_timeout
        return total if remaining is None else min(remaining, total)


def _passed_on(context: Context) -> tuple[tuple[str, str], ...]:
    metadata = context.invocation_metadata() or ()
    return tuple((str(key), str(value)) for key, value in metadata if key in _PASSED_ON)
