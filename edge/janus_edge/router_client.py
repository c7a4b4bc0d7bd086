"""What the edge asks of the router, on the one peer that lives as long as the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import janus_mesh as mesh
from janus_mesh.errors import CompetitorFailed, from_grpc
from janus_mesh.headers import outgoing_headers
from janus_proto._gen.janus.artifact.v1 import artifact_pb2, artifact_pb2_grpc
from janus_proto._gen.janus.chat.v1 import request_pb2
from janus_proto._gen.janus.router.v1 import router_pb2, router_pb2_grpc

_HEALTH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ArtifactSource:
    """An artifact that begins to arrive. `parts` raises the typed error when it breaks off."""

    head: artifact_pb2.ArtifactHead
    parts: AsyncIterator[bytes]


class RouterClient:
    """The router's services. Every failure is raised as a `JanusError`."""

    def __init__(self, peer: mesh.Peer, *, call_timeout: float, total_timeout: float) -> None:
        self._peer = peer
        self._call_timeout = call_timeout
        self._total_timeout = total_timeout
        self._registry = peer.stub(router_pb2_grpc.RouterServiceStub)
        self._artifacts = peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
        self._health = peer.stub(health_pb2_grpc.HealthStub)

    def chat(self, request: request_pb2.ChatRequest, *, caller: str = "") -> mesh.ClientExchange:
        """Opens an exchange, to be entered with `async with`; leaving it cancels the work upstream.

        `caller` is the opaque key of who asks, see `intake.callers`.
        """
        return self._peer.chat(request, deadline=self._total_timeout, caller=caller)

    async def competitors(self) -> router_pb2.ListCompetitorsResponse:
        """Every competitor with its state."""
        try:
            listed: router_pb2.ListCompetitorsResponse = await self._registry.ListCompetitors(
                router_pb2.ListCompetitorsRequest(), timeout=self._call_timeout, metadata=_metadata()
            )
        except grpc.aio.AioRpcError as error:
            raise from_grpc(error) from None
        return listed

    async def answers(self) -> bool:
        """Whether the router says that it is well."""
        try:
            reply = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)

    @asynccontextmanager
    async def artifact(
        self, competitor_id: str, url: str, *, offset: int = 0, length: int = 0
    ) -> AsyncIterator[ArtifactSource]:
        """Fetches an artifact, or `length` bytes of it (0: to the end). Leaving the block stops it."""
        request = artifact_pb2.FetchArtifactRequest(
            competitor_id=competitor_id, url=url, offset=offset, length=length
        )
        call = self._artifacts.FetchArtifact(request, timeout=self._total_timeout, metadata=_metadata())
        try:
            yield await _source(call)
        except grpc.aio.AioRpcError as error:
            raise from_grpc(error) from None
        finally:
            call.cancel()


async def _source(call: Any) -> ArtifactSource:
    parts = aiter(call)
    first = await anext(parts, None)
    if first is None or not first.HasField("head"):
        raise CompetitorFailed("the artifact came without its head")
    return ArtifactSource(first.head, _data(parts))


async def _data(parts: AsyncIterator[artifact_pb2.FetchArtifactResponse]) -> AsyncIterator[bytes]:
    try:
        async for part in parts:
            yield part.data
    except grpc.aio.AioRpcError as error:
        raise from_grpc(error) from None


def _metadata() -> tuple[tuple[str, str], ...]:
    return tuple(outgoing_headers().items())
