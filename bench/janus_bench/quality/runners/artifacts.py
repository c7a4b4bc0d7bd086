"""Fetches the files of an answer, within bounds, and takes their hash.

A file that cannot be had is no failure of the run: the answer then lacks it, and scorers see that.
A descriptor's hash is kept as claimed; what was really fetched is hashed again where it is recorded.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import grpc
import httpx

from janus_bench.quality.observation import Answering, ArtifactLink
from janus_bench.quality.task import ArtifactBytes
from janus_mesh import Peer
from janus_mesh.errors import JanusError, NotFound, PayloadTooLarge
from janus_proto._gen.janus.artifact.v1 import artifact_pb2, artifact_pb2_grpc

from .bounds import Bounds


class Files(Protocol):
    """Where the bytes of a linked file come from."""

    def open(self, link: ArtifactLink, competitor_id: str) -> AsyncIterator[bytes]:
        """The bytes in order; raises `JanusError` when they cannot be had."""


async def fetch_all(answering: Answering, files: Files, bounds: Bounds) -> list[ArtifactBytes]:
    """The files of an answer that could be had, in its order."""
    fetched: list[ArtifactBytes] = []
    room = bounds.artifact_bytes
    for link in answering.links[: bounds.artifacts]:
        try:
            async with asyncio.timeout(bounds.artifact_seconds):
                content = await _fetch(link, answering.competitor_id, files, room)
        except (JanusError, TimeoutError):
            continue
        room -= len(content)
        fetched.append(
            ArtifactBytes(name=link.name, mime_type=link.mime_type, sha256=link.sha256, content=content)
        )
    return fetched


async def _fetch(link: ArtifactLink, competitor_id: str, files: Files, room: int) -> bytes:
    if link.url.startswith("data:"):
        content = _inline(link.url)
        if len(content) > room:
            raise PayloadTooLarge("the files of the answer are larger than allowed", param="artifacts")
        return content
    kept = bytearray()
    async for part in files.open(link, competitor_id):
        kept += part
        if len(kept) > room:
            raise PayloadTooLarge("the files of the answer are larger than allowed", param="artifacts")
    return bytes(kept)


def _inline(url: str) -> bytes:
    """The bytes of a `data:` URL (RFC 2397)."""
    head, comma, data = url.partition(",")
    if not comma:
        raise NotFound("a data: URL without data", param="url")
    if not head.endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise NotFound(f"a data: URL that is no base64: {error}", param="url") from None


class HttpFiles:
    """Files at the target itself; a competitor cannot make the bench call anybody else."""

    def __init__(self, client: httpx.AsyncClient, api_key: str) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}

    async def open(self, link: ArtifactLink, competitor_id: str) -> AsyncIterator[bytes]:  # noqa: ARG002
        address = urljoin(f"{self._client.base_url}", link.url)
        own = urlsplit(f"{self._client.base_url}")
        if urlsplit(address)[:2] != own[:2]:
            raise NotFound(f"{link.url[:200]!r} is not at the target", param="url")
        try:
            async with self._client.stream("GET", address, headers=self._headers) as response:
                if response.status_code != 200:
                    raise NotFound(f"status {response.status_code}", param="url")
                async for part in response.aiter_bytes():
                    yield part
        except httpx.HTTPError as error:
            raise NotFound(f"the file cannot be fetched: {error}", param="url") from error


class GrpcFiles:
    """Files that the peer brings, by the mesh's `ArtifactService`."""

    def __init__(self, peer: Peer, seconds: float) -> None:
        self._stub = peer.stub(artifact_pb2_grpc.ArtifactServiceStub)
        self._seconds = seconds

    async def open(self, link: ArtifactLink, competitor_id: str) -> AsyncIterator[bytes]:
        asked = artifact_pb2.FetchArtifactRequest(competitor_id=competitor_id, url=link.url)
        call = self._stub.FetchArtifact(asked, timeout=self._seconds)
        try:
            async for part in call:
                if part.data:
                    yield part.data
        except grpc.aio.AioRpcError as error:
            raise NotFound(f"the file cannot be fetched: {error.code().name}", param="url") from error
        finally:
            call.cancel()
