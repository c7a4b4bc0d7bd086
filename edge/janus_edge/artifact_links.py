"""Replaces the address in a competitor's artifact descriptor by a signed one of the gateway."""

import re
import time
from datetime import UTC, datetime
from typing import Final

from janus_mesh.artifact_address import require_artifact_address
from janus_mesh.errors import CompetitorFailed
from janus_proto._gen.janus.chat.v1 import event_pb2

from .signing import ArtifactSigner, ArtifactTicket

PATH = "/v1/artifacts/"
MAX_DATA_BYTES = 1024 * 1024
_MAX_DATA_HEADER_CHARS: Final = 256  # the media type of a `data:` URL
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ArtifactLinks:
    """Gives clients addresses that they can fetch."""

    def __init__(self, signer: ArtifactSigner, *, public_url: str, max_ttl: float) -> None:
        self._signer = signer
        self._prefix = public_url + PATH
        self._max_ttl = max_ttl

    def url(self, artifact: event_pb2.Artifact, competitor_id: str) -> str:
        """The client's address of an artifact: its own `data:` URL, or a gateway URL.

        Raises `CompetitorFailed` for a `data:` URL that is too large and for an address that a competitor may
        not give.
        """
        if artifact.url[:5].lower() == "data:":
            _require_small(artifact.url)
            return artifact.url
        require_artifact_address(artifact.url)
        sha256 = artifact.sha256.lower()
        if sha256 and not _SHA256.fullmatch(sha256):
            raise CompetitorFailed("an artifact's sha256 is not 64 hexadecimal digits")
        ticket = ArtifactTicket(
            competitor_id=competitor_id,
            url=artifact.url,
            sha256=sha256,
            size_bytes=artifact.size_bytes,
            mime_type=artifact.mime_type[:127],
            display_name=artifact.display_name[:255],
            expires_at=self._expiry(artifact),
        )
        return self._prefix + self._signer.sign(ticket)

    def _expiry(self, artifact: event_pb2.Artifact) -> int:
        now = time.time()
        latest = now + self._max_ttl
        if not artifact.ttl_seconds:
            return int(latest)
        return int(min(_created(artifact, now) + artifact.ttl_seconds, latest))


def _created(artifact: event_pb2.Artifact, now: float) -> float:
    """When it was made; a competitor that does not tell a time we can read made it just now."""
    try:
        created = datetime.fromisoformat(artifact.created_at)
    except ValueError:
        return now
    return (created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp()


def _require_small(url: str) -> None:
    header, comma, payload = url.partition(",")
    if not comma or len(header) > _MAX_DATA_HEADER_CHARS:
        raise CompetitorFailed("an artifact's data: URL is malformed")
    size = len(payload) * 3 // 4 if header.lower().endswith(";base64") else len(payload)
    if size > MAX_DATA_BYTES:
        raise CompetitorFailed(f"an artifact's data: URL holds more than {MAX_DATA_BYTES} bytes")
