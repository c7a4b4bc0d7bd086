"""`GET` and `HEAD /v1/artifacts/{id}`: whoever knows an id may read; ids cannot be guessed."""

from collections.abc import Mapping
from urllib.parse import quote

from janus_mesh.http import RangeNotSatisfiable, not_modified, requested_range
from janus_platform.gate.passage import Passage
from janus_platform.reply import Reply

from .descriptor import Descriptor, expiry
from .store import ArtifactStore


async def send(
    store: ArtifactStore, artifact_id: str, headers: Mapping[str, str], reply: Reply, passage: Passage
) -> None:
    """The content, or the range of it that is asked for. Raises `NotFound`, `Gone`, `Unavailable`."""
    descriptor = await store.descriptor(artifact_id)
    etag = f'"{descriptor.sha256}"'
    if not_modified(headers, etag):
        await reply.start(304, {"etag": etag})
        await reply.end()
        return
    try:
        wanted = requested_range(headers, descriptor.size_bytes, etag)
    except RangeNotSatisfiable as error:
        unit = {"content-range": f"bytes */{error.size}"}
        await reply.json(error.http_status, error.openai_body(), unit)
        return
    first, length = (wanted.first, wanted.length) if wanted else (0, descriptor.size_bytes)
    described = {**_described(descriptor), "content-length": str(length)}
    if wanted:
        described["content-range"] = wanted.content_range
    await reply.start(206 if wanted else 200, described)
    if length and not passage.bodiless:
        async for part in store.read(artifact_id, first, length):
            passage.bytes_received += len(part)
            await reply.write(part)
    await reply.end()


def _described(descriptor: Descriptor) -> dict[str, str]:
    """The head of an answer. Nothing that a competitor made is run or guessed at by who fetches it."""
    name = quote(descriptor.display_name.rpartition("/")[2], safe="")
    return {
        "content-type": descriptor.mime_type,
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "accept-ranges": "bytes",
        "etag": f'"{descriptor.sha256}"',
        "x-artifact-expires": str(expiry(descriptor.id)),
    }
