"""Where artifacts lie: a local folder, or any object store that obstore reaches (S3, GCS, Azure).

An artifact is two objects, `ID.data` and `ID.json`; the description is written last, so that there is no
artifact without its whole content.
"""

import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from janus_mesh import logs
from janus_mesh.errors import NotFound, Unavailable

from .descriptor import Descriptor, expiry, tag_in
from .room import Room

_PIECE_BYTES = 256 * 1024
_UPLOAD_BUFFER = 5 * 1024 * 1024  # the least that S3 takes as a part
_UPLOADS_AT_ONCE = 2  # of parts, each of which is held in memory
_PATIENCE_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
# As long as whoever reads it takes; the store's silence is bounded.
_LONGEST_DOWNLOAD = timedelta(days=1)
_FAULTS = (BaseError, OSError)

log = logs.get("artifacts")


class Gone(NotFound):
    """410: there was one, or may have been; its time is over."""

    @property
    def http_status(self) -> int:
        return 410


class ArtifactStore:
    """Keeps at most `most_bytes` in all and `share_bytes` for each owner."""

    def __init__(self, store: ObjectStore, *, most_bytes: int, share_bytes: int) -> None:
        self._store = store
        self._room = Room(most_bytes, share_bytes)

    async def write(self, artifact_id: str, parts: AsyncIterator[bytes]) -> tuple[int, str]:
        """Keeps the content as it comes; returns its size and hash. What breaks off leaves nothing."""
        digest, size = hashlib.sha256(), 0
        with _faults_typed(), self._room.begin(tag_in(artifact_id)) as room:
            writer = obstore.open_writer_async(
                self._store,
                f"{artifact_id}.data",
                buffer_size=_UPLOAD_BUFFER,
                max_concurrency=_UPLOADS_AT_ONCE,
            )
            async with writer:
                async for part in parts:
                    size += len(part)
                    room.grow(len(part))
                    digest.update(part)
                    await writer.write(part)
            room.keep()
        return size, digest.hexdigest()

    async def withdraw(self, artifact_id: str, size: int) -> None:
        """Removes an artifact that was just written and is not to be known."""
        await self.discard(artifact_id)
        self._room.forget(tag_in(artifact_id), size)

    async def describe(self, descriptor: Descriptor) -> None:
        """Makes the artifact known; its content was written before."""
        with _faults_typed():
            body = descriptor.model_dump_json().encode()
            await obstore.put_async(self._store, f"{descriptor.id}.json", body)

    async def descriptor(self, artifact_id: str) -> Descriptor:
        """Raises `NotFound`, and `Gone` for what has expired."""
        expires_at = expiry(artifact_id)
        if expires_at is None:
            raise NotFound(f"there is no artifact {artifact_id[:60]!r}", code="artifact_not_found")
        if expires_at <= time.time():
            raise Gone("the artifact has expired", code="artifact_expired")
        with _faults_typed():
            found = await obstore.get_async(self._store, f"{artifact_id}.json")
            return Descriptor.model_validate_json(bytes(await found.bytes_async()))

    async def read(self, artifact_id: str, first: int, length: int) -> AsyncIterator[bytes]:
        """`length` bytes of the content, at least one, in pieces."""
        with _faults_typed():
            found = await obstore.get_async(
                self._store, f"{artifact_id}.data", options={"range": (first, first + length)}
            )
            async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                yield bytes(piece)

    async def discard(self, artifact_id: str) -> None:
        """Removes what there is of an artifact."""
        with _faults_typed():
            for name in (f"{artifact_id}.json", f"{artifact_id}.data"):
                try:
                    await obstore.delete_async(self._store, name)
                except FileNotFoundError:
                    continue

    async def sweep(self) -> int:
        """Removes what has expired, and counts what is left; returns how many artifacts went."""
        expired: set[str] = set()
        kept, artifacts = Counter[str](), Counter[str]()
        self._room.begin_listing()
        with _faults_typed():
            listing: Any = obstore.list(self._store, chunk_size=1000)
            async for batch in listing:
                for entry in batch:
                    artifact_id, _, kind = str(entry["path"]).rpartition("/")[2].rpartition(".")
                    expires_at = expiry(artifact_id)
                    if expires_at is not None and expires_at <= time.time():
                        expired.add(artifact_id)
                    elif kind == "data":  # its description is part of the overhead that is counted for it
                        kept[tag_in(artifact_id)] += int(entry["size"])
                        artifacts[tag_in(artifact_id)] += 1
        for artifact_id in expired:
            await self.discard(artifact_id)
        self._room.recount(kept, artifacts)
        return len(expired)


def open_store(url: str, *, seconds: float = _PATIENCE_SECONDS) -> ObjectStore:
    """The store at `file:///folder`, `s3://bucket/prefix` and the like. Raises `OSError` when there is none.

    It may be silent for so many seconds, tries included. Keys and endpoints come from the cloud's own
    variables, such as `AWS_ACCESS_KEY_ID`.
    """
    patience = timedelta(seconds=seconds)
    try:
        if url.startswith("file:"):
            return from_url(url, mkdir=True)
        return from_url(
            url,
            client_options={
                "allow_http": True,
                "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                "read_timeout": patience,
                "timeout": _LONGEST_DOWNLOAD,
            },
            retry_config={"max_retries": 3, "retry_timeout": patience},
        )
    except (BaseError, ValueError) as error:
        raise OSError(f"cannot keep artifacts at {url}: {error}") from None


@contextmanager
def _faults_typed() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("there is no such artifact", code="artifact_not_found") from None
    except _FAULTS as error:
        log.warning("the artifact store failed", reason=str(error)[:500])
        raise Unavailable(
            "the artifact store failed; its log says more", code="artifact_store_failed"
        ) from None
