"""Ed25519 keys and signatures in base64."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A raw Ed25519 public key."""

    raw: bytes

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Raises `ValueError`."""
        raw = _decoded(text, _KEY_BYTES)
        Ed25519PublicKey.from_public_bytes(raw)
        return cls(raw)

    @property
    def base64(self) -> str:
        """As settings and bundles have it."""
        return base64.b64encode(self.raw).decode()

    @property
    def fingerprint(self) -> str:
        """16 hex digits, for people."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def signed(self, content: bytes, signature: str) -> bool:
        """Whether the holder of the key signed this content."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(
                _decoded(signature, _SIGNATURE_BYTES), content
            )
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Lets settings hold keys as text."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(str(value))
        )


def _decoded(text: str, size: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None
    if len(raw) != size:
        raise ValueError(f"must be {size} bytes in base64")
    return raw
