"""Artifact links that any replica can serve, because the link itself says all there is to know.

An id is base64url of: version byte, HMAC-SHA256 over version and payload, payload (a JSON array).
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import astuple, dataclass

import orjson

from janus_mesh.errors import NotFound

_VERSION = b"\x01"
_MAC_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class ArtifactTicket:
    """What a link stands for. `size_bytes` 0 and an empty `sha256` mean that they are not known."""

    competitor_id: str
    url: str
    sha256: str  # lower-case hex
    size_bytes: int
    mime_type: str
    display_name: str
    expires_at: int  # seconds since 1970


class ArtifactSigner:
    """Makes ids and opens them again."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, ticket: ArtifactTicket) -> str:
        payload = orjson.dumps(astuple(ticket))
        return base64.urlsafe_b64encode(_VERSION + self._mac(payload) + payload).rstrip(b"=").decode()

    def open(self, artifact_id: str) -> ArtifactTicket:
        """The ticket; raises `NotFound` for an id that was not made with this key."""
        try:
            raw = base64.b64decode(artifact_id + "=" * (-len(artifact_id) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        mac, payload = raw[1 : 1 + _MAC_BYTES], raw[1 + _MAC_BYTES :]
        if raw[:1] != _VERSION or not hmac.compare_digest(mac, self._mac(payload)):
            raise NotFound("there is no such artifact")
        return ArtifactTicket(*orjson.loads(payload))

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, _VERSION + payload, "sha256")
