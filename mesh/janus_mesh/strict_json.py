"""Parses JSON strictly by RFC 8259, within bounds: the first thing that happens to a request body.

The standard scanner does the reading. Its hooks leave a `_Flaw` where a value cannot stand, and one
walk over the result reports the first flaw with its path. Integers keep all their digits, so that
fields unknown here reach a competitor as they were sent.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Final

from janus_mesh.errors import InvalidRequest
from janus_mesh.json_bounds import MAX_VALUES, require_few_values

MAX_DEPTH: Final = 64
# Keys of one object. The largest that clients send are JSON Schemas with some hundreds of properties.
MAX_KEYS: Final = 10_000
# Reading an integer takes time that grows with the square of its digits: 32 MB of integers of 4,300 digits
# take 2 s, of 1,000 digits 0.2 s. The largest double has 309 digits.
MAX_INTEGER_DIGITS: Final = 1_000

CODE: Final = "invalid_json"

_BOM = b"\xef\xbb\xbf"
_ALWAYS_SOUND = frozenset({bool, type(None)})
_INTEGER_BOUND = 10**MAX_INTEGER_DIGITS
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MAX_PATH_PARTS = 16
_MAX_KEY_CHARS = 40
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
_HALF_PAIR = "holds half of a surrogate pair, which is not a character"


def parse(body: bytes, *, max_values: int = MAX_VALUES) -> object:
    """The value that `body` holds.

    Raises:
        InvalidRequest: with code `too_many_values` when it holds more than `max_values`, which is found out
            before it is parsed; with code `invalid_json` for anything but one JSON text in UTF-8 that is at
            most `MAX_DEPTH` levels deep. `param` is the path of the value at fault, empty when that is
            the whole body.
    """
    require_few_values(body, limit=max_values)
    text = _decoded(body)
    try:
        value = _scan(text)
    except json.JSONDecodeError as error:
        raise InvalidRequest(_syntax(error), code=CODE) from None
    except RecursionError:
        raise InvalidRequest(f"the body {_TOO_DEEP}", code=CODE) from None
    try:
        _inspect(value, MAX_DEPTH)
    except _FlawFound as found:
        path = path_of(reversed(found.steps))
        what = f"`{path}`" if path else "the body"
        raise InvalidRequest(f"{what} {found.reason}", param=path, code=CODE) from None
    return value


def path_of(steps: Iterable[str | int]) -> str:
    """A path such as `messages[0].content`; keys that are not plain words are quoted in brackets."""
    path = ""
    for number, step in enumerate(steps):
        if number == _MAX_PATH_PARTS:
            return f"{path}..."
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step) and len(step) <= _MAX_KEY_CHARS:
            path += f".{step}" if path else step
        else:
            path += f"[{quoted(step)}]"
    return path


def quoted(text: str) -> str:
    """Some text of a caller as a JSON string for people: cut after 40 characters, always encodable."""
    if len(text) > _MAX_KEY_CHARS:
        text = f"{text[:_MAX_KEY_CHARS]}..."
    return json.dumps(text, ensure_ascii=_has_surrogate(text))


class _Flaw:
    """Stands in a parsed value where the text held something that is refused."""

    __slots__ = ("key", "reason")

    def __init__(self, reason: str, key: str | None = None) -> None:
        self.reason = reason
        self.key = key


class _FlawFound(Exception):
    """Carries a flaw's reason up through the walk, which adds the steps, innermost first."""

    def __init__(self, reason: str, *steps: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps = list(steps)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | _Flaw:
    if len(pairs) > MAX_KEYS:
        return _Flaw(f"has more than {MAX_KEYS} keys")
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return _Flaw("occurs twice in one object", twice)


def _integer(digits: str) -> int | _Flaw:
    try:
        return int(digits)
    except ValueError:
        return _Flaw(_too_long(len(digits.lstrip("-"))))


def _too_long(digits: int) -> str:
    return f"is an integer of {digits} digits, at most {MAX_INTEGER_DIGITS} are allowed"


def _constant(name: str) -> _Flaw:
    return _Flaw(f"is {name}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_LONG_INTEGER_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer
)


def _scan(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # int() takes only so many digits. A hook of ours would cost every integer of every body.
        return _LONG_INTEGER_DECODER.decode(text)


def _decoded(body: bytes) -> str:
    if body.startswith(_BOM):
        raise InvalidRequest("the body begins with a byte order mark, which JSON does not allow", code=CODE)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        where = f"byte 0x{body[error.start]:02x} at offset {error.start}"
        raise InvalidRequest(f"the body is not valid UTF-8: {where}", code=CODE) from None
    if not text:
        raise InvalidRequest("the body is empty; a JSON object is expected", code=CODE)
    return text


def _syntax(error: json.JSONDecodeError) -> str:
    # The scanner words its messages to be followed by a position, some of them with "at" or ":".
    what = error.msg.rstrip(": ").removesuffix(" at").removesuffix(" starting")
    what = what[:1].lower() + what[1:]
    return f"the body is not valid JSON: {what} at line {error.lineno}, column {error.colno}"


def _inspect(value: object, levels: int) -> None:
    """Walks `value`, which may be `levels` deep, and all below it; raises `_FlawFound`."""
    if isinstance(value, dict):
        for key in value:
            if not key.isascii() and _has_surrogate(key):
                raise _FlawFound(f"is a key that {_HALF_PAIR}", key)
        _inspect_members(value.items(), levels)
    elif isinstance(value, list):
        _inspect_members(enumerate(value), levels)
    elif isinstance(value, _Flaw):
        raise _FlawFound(value.reason, *([] if value.key is None else [value.key]))
    elif fault := _fault_of(value):
        raise _FlawFound(fault)


def _fault_of(scalar: object) -> str:
    """Why a string or number is refused; empty when it is not."""
    if isinstance(scalar, str):
        return "" if scalar.isascii() or not _has_surrogate(scalar) else _HALF_PAIR
    if isinstance(scalar, float):
        return "" if math.isfinite(scalar) else "is a number too large for a double"
    if isinstance(scalar, int) and not -_INTEGER_BOUND < scalar < _INTEGER_BOUND:
        return _too_long(len(str(abs(scalar))))
    return ""


def _inspect_members(members: Iterable[tuple[str | int, object]], levels: int) -> None:
    if not levels:
        raise _FlawFound(_TOO_DEEP)
    for step, member in members:
        kind = type(member)
        if kind is int:
            sound = -_INTEGER_BOUND < member < _INTEGER_BOUND  # type: ignore[operator]
        elif kind is str:
            sound = member.isascii()  # type: ignore[attr-defined]
        else:
            sound = kind in _ALWAYS_SOUND
        if sound:
            continue
        try:
            _inspect(member, levels - 1)
        except _FlawFound as found:
            found.steps.append(step)
            raise


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
