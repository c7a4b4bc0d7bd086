"""`POST /v1/artifacts`: the body is the artifact, the query says what it is."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from janus_mesh.errors import InvalidRequest
from janus_platform.gate.passage import Passage
from janus_platform.incoming import Incoming
from janus_platform.parsing import refusal_of

from .descriptor import Descriptor, Kind, kind_of, new_id, now
from .store import ArtifactStore

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_LONGEST_TTL = 30 * 86_400


class UploadQuery(BaseModel):
    """What may be said of an artifact that is sent."""

    model_config = ConfigDict(extra="forbid")

    # No control characters, and none that turn the direction of a text around, such as hide an ending.
    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            pattern="^[^\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+$",
        ),
    ] = "artifact"
    type: Kind | None = None
    ttl_seconds: Annotated[int, Field(ge=1, le=_LONGEST_TTL)] = 86_400
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class Uploads:
    """Takes artifacts in; each of at most `most_bytes`."""

    def __init__(self, store: ArtifactStore, *, base_url: str, most_bytes: int) -> None:
        self._store = store
        self._base_url = base_url
        self._most_bytes = most_bytes

    async def take(
        self, query: Mapping[str, str], headers: Mapping[str, str], incoming: Incoming, passage: Passage
    ) -> Descriptor:
        """Raises `InvalidRequest` for a wrong field or hash, `PayloadTooLarge`, `Unavailable`."""
        try:
            said = UploadQuery.model_validate(dict(query))
        except ValidationError as error:
            raise refusal_of(error) from None
        mime_type = _media_type(headers.get("content-type", ""))
        artifact_id = new_id(said.ttl_seconds, passage.caller.identity)
        parts = incoming.stream(self._most_bytes)
        try:
            size, sha256 = await self._store.write(artifact_id, parts)
        finally:
            await parts.aclose()
        passage.bytes_sent += size
        if said.sha256 is not None and said.sha256 != sha256:
            await self._store.withdraw(artifact_id, size)
            raise InvalidRequest(f"sha256: the body's is {sha256}", param="sha256")
        descriptor = Descriptor(
            id=artifact_id,
            type=said.type or kind_of(mime_type),
            mime_type=mime_type,
            display_name=said.name,
            size_bytes=size,
            sha256=sha256,
            created_at=now(),
            ttl_seconds=said.ttl_seconds,
            url=f"{self._base_url}/v1/artifacts/{artifact_id}",
        )
        await self._store.describe(descriptor)
        return descriptor


def _media_type(header: str) -> str:
    plain = header.partition(";")[0].strip().lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"
