"""Signed bundles: a run, who signed it, and how to tell that nobody changed it since.

    {"format": "janus-bench-bundle/1", "run": {...}, "public_key": base64, "signature": base64}

The signature is Ed25519 (RFC 8032) over the canonical JSON of `run`. The signer's private key is made
when it is first needed and stays in a file that only its owner can read.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from janus_mesh.errors import InvalidRequest

from .record import Run, canonical, parse

FORMAT = "janus-bench-bundle/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """A run whose content and signature hold, and the fingerprint of the key that signed it."""

    run: Run
    fingerprint: str


def sign(document: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The bundle of a run's document."""
    return {
        "format": FORMAT,
        "run": document,
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": base64.b64encode(key.sign(canonical(document))).decode(),
    }


def verify(bundle: Mapping[str, Any], public_key: str | None = None) -> Verified:
    """Raises `InvalidRequest` naming what does not hold; `public_key`, in base64, is who must have signed."""
    if bundle.get("format") != FORMAT:
        raise InvalidRequest(f"this is no {FORMAT}", param="format")
    document = bundle.get("run")
    if not isinstance(document, dict):
        raise InvalidRequest("the bundle holds no run", param="run")
    raw = _bytes(bundle, "public_key", 32)
    if public_key is not None and raw != _bytes({"public_key": public_key}, "public_key", 32):
        raise InvalidRequest("signed with another key than the one expected", param="public_key")
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(_bytes(bundle, "signature", 64), canonical(document))
    except InvalidSignature:
        raise InvalidRequest("the signature does not belong to this run", param="signature") from None
    except ValueError as error:
        raise InvalidRequest(f"the run is no JSON document: {error}", param="run") from None
    return Verified(parse(document), hashlib.sha256(raw).hexdigest())


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PEM file, made at its first use; raises `InvalidRequest` when the file holds none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        return _new_key(path)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidRequest(f"{path} holds no usable key: {error}", param="key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidRequest(f"{path} holds a key that is no Ed25519 key", param="key")
    return key


def _new_key(path: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return key


def _bytes(bundle: Mapping[str, Any], name: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(bundle[name], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raw = b""
    if len(raw) != length:
        raise InvalidRequest(f"{name} is not {length} bytes in base64", param=name)
    return raw
