"""A signed bundle, believed only as far as it can be checked: `opened(bytes, trusted)`."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from janus_mesh.errors import InvalidRequest, PayloadTooLarge, PermissionDenied

from . import canonical
from .plausible import require_plausible
from .record import Run
from .signature import PublicKey

FORMAT = "janus-bench-bundle/1"
MAX_BYTES = 48 * 1024 * 1024
_FIELDS = {"format", "run", "public_key", "signature"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A run whose signature, hash and arithmetic hold."""

    run: Run
    content_sha256: str
    signed_by: PublicKey


def opened(text: bytes, trusted: Collection[PublicKey]) -> Bundle:
    """Raises `PayloadTooLarge`, `PermissionDenied` for a key that is not trusted, and `InvalidRequest`
    naming the field for all else that is wrong.
    """
    if len(text) > MAX_BYTES:
        raise PayloadTooLarge(f"the bundle is larger than {MAX_BYTES} bytes")
    bundle = canonical.parse(text, "bundle")
    raw = _raw_run(bundle)
    key = _key(bundle)
    if key not in trusted:
        raise PermissionDenied(
            f"the key {key.base64} is not trusted here: the operator lists trusted keys in "
            "JANUS_COMPETITION_TRUSTED_KEYS",
            param="public_key",
            code="untrusted_key",
        )
    _require_signed(raw, key, bundle["signature"])
    run = _run(raw)
    require_plausible(run)
    return Bundle(run, run.content_sha256, key)


def _raw_run(bundle: Any) -> dict[str, Any]:
    if not isinstance(bundle, dict):
        raise InvalidRequest("a bundle is a JSON object", param="bundle")
    for name in sorted(_FIELDS - bundle.keys()):
        raise InvalidRequest(f"{name}: is missing", param=name, code="missing_required_parameter")
    if bundle["format"] != FORMAT:
        raise InvalidRequest(f"format: must be {FORMAT!r}", param="format")
    if not isinstance(bundle["run"], dict):
        raise InvalidRequest("run: must be an object", param="run")
    raw: dict[str, Any] = bundle["run"]
    return raw


def _key(bundle: dict[str, Any]) -> PublicKey:
    try:
        return PublicKey.parse(str(bundle["public_key"]))
    except ValueError as error:
        raise InvalidRequest(f"public_key: {error}", param="public_key") from None


def _require_signed(raw: dict[str, Any], key: PublicKey, signature: object) -> None:
    try:
        content = canonical.encoded(raw)
        rest = canonical.sha256({name: value for name, value in raw.items() if name != "content_sha256"})
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"run: cannot be written as canonical JSON: {error}", param="run") from None
    if not key.signed(content, str(signature)):
        raise InvalidRequest("signature: is not the key's over this run", param="signature")
    if raw.get("content_sha256") != rest:
        raise InvalidRequest(
            "run.content_sha256: is not the hash of the rest of the run", param="run.content_sha256"
        )


def _run(raw: dict[str, Any]) -> Run:
    try:
        return Run.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(("run", *(str(part) for part in first["loc"])))
        raise InvalidRequest(f"{place}: {first['msg']}", param=place) from None
