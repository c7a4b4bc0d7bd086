"""JSON with one spelling for each value: what is hashed and signed.

Sorted keys, no spaces, UTF-8, no NaN. Reading is as strict: a name twice in an object has no one meaning.
"""

import hashlib
import json
from typing import Any

from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import require_few_values

_DEEPEST = "is nested too deeply"
# A run of 5,000 tasks, each of which has about 60.
_MAX_VALUES = 300_000


def parse(text: bytes, param: str) -> Any:
    """The value; raises `InvalidRequest` for anything but one unambiguous JSON text of bounded length."""
    require_few_values(text, limit=_MAX_VALUES)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        reason = _DEEPEST if isinstance(error, RecursionError) else str(error)
        raise InvalidRequest(f"{param}: {reason}", param=param, code="invalid_json") from None


def encoded(value: Any) -> bytes:
    """Raises `ValueError` for what is no JSON value, half a surrogate pair included."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def sha256(value: Any) -> str:
    """Of the canonical form, in hex."""
    return hashlib.sha256(encoded(value)).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
