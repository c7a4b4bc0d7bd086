"""Reads JSON that a competitor wrote: each reader takes one field out of its object, or says what is wrong.

A reader removes what it takes, so the fields that remain at the end are the unknown ones. `where` is the
path of the object, such as `choices[0].delta`. Null counts as absent.
"""

import json
import math
from typing import Any, Final, NoReturn

import orjson

from janus_mesh.errors import CompetitorFailed

from .surrogates import well_formed

Object = dict[str, Any]

# Deepest nesting of an unknown field that orjson did not write by itself (it writes 254 levels).
MAX_DEPTH: Final = 200
# Values in one event. Every value but the first of its object or list follows a comma.
MAX_VALUES: Final = 500_000

# orjson reads an integer beyond 64 bits as a float. Numbers this long take the exact reader.
_LONG_NUMBER = b"0" * 19
# Every digit as 0, all else as a blank: translating and finding is ten times as fast as a regular expression.
_DIGITS = bytes(ord("0") if chr(byte).isdecimal() else ord(" ") for byte in range(256))
_MAX_UINT64 = 2**64 - 1
_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def parsed(data: bytes) -> Any:
    """The JSON value in `data`, read as leniently as is safe. Raises `CompetitorFailed` for anything else."""
    try:
        return exact(orjson.loads(data), data)
    except orjson.JSONDecodeError:
        return parsed_leniently(data)


def check_values(data: bytes) -> None:
    """Raises `CompetitorFailed` for JSON of more values than Python can read without a noticeable pause."""
    if len(data) > MAX_VALUES and data.count(b",") > MAX_VALUES:
        raise CompetitorFailed(f"the competitor sent an event of more than {MAX_VALUES} values")


def exact(value: Any, data: bytes) -> Any:
    """The value that was parsed from `data`, with all digits of its integers."""
    return parsed_leniently(data) if _LONG_NUMBER in data.translate(_DIGITS) else value


def parsed_leniently(data: bytes) -> Any:
    """The JSON value in `data`, whose strings may hold halves of surrogate pairs.

    Accepts what orjson refuses but Python's reader takes: NaN and Infinity, which become null, and control
    characters and half surrogate pairs inside strings. Raises `CompetitorFailed` for anything else.
    """
    try:
        return _LENIENT.decode(data.decode())
    except UnicodeDecodeError as error:
        what = f"UTF-8 at byte {error.start} of an event"
    except RecursionError:
        what = "JSON: it is nested too deeply"
    except json.JSONDecodeError as error:
        what = f"JSON: {error}"
    except ValueError:
        what = "JSON: an integer has too many digits"
    raise CompetitorFailed(f"the competitor sent invalid {what}") from None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda _: None, parse_float=_finite)


def reject(where: str, wanted: str, value: object) -> NoReturn:
    """Raises the error for a value of the wrong shape."""
    got = str(value) if type(value) is float else _NAMES[type(value)]
    if type(value) is int:
        got = str(value) if abs(value) <= _MAX_UINT64 else "a very large number"
    raise CompetitorFailed(f"the competitor's answer is malformed: {where} is {got}, not {wanted}")


def as_object(value: object, where: str) -> Object:
    if isinstance(value, dict):
        return value
    reject(where, "an object", value)


def take_text(source: Object, key: str, where: str) -> str | None:
    value = source.pop(key, None)
    if value is None or isinstance(value, str):
        return None if value is None else well_formed(value)
    reject(_under(where, key), "a string", value)


def take_text_or_empty(source: Object, key: str, where: str) -> str:
    return take_text(source, key, where) or ""


def take_label(source: Object, key: str, maximum: int) -> str:
    """A short text such as a model's name: '' when it is not a string, cut after `maximum` characters."""
    value = source.pop(key, None)
    return well_formed(value[:maximum]) if isinstance(value, str) else ""


def take_count(source: Object, key: str, where: str, maximum: int = _MAX_UINT64) -> int | None:
    """A whole number from 0 to `maximum`."""
    value = source.pop(key, None)
    if value is None or (type(value) is int and 0 <= value <= maximum):
        return value
    reject(_under(where, key), f"a whole number from 0 to {maximum}", value)


def take_index(source: Object) -> int | None:
    """`index`, also as text or as a float without a fraction; None when it is not a whole number from 0."""
    value = source.pop("index", None)
    if type(value) is str and len(value) < len(str(_MAX_UINT64)) and value.isascii() and value.isdecimal():
        value = int(value)
    return whole_number(value)


def whole_number(value: object, maximum: int = _MAX_UINT64) -> int | None:
    """An integer from 0 to `maximum`, also written as a float such as `3.0`; None for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= maximum else None


def take_object(source: Object, key: str, where: str) -> Object | None:
    value = source.pop(key, None)
    if value is None or isinstance(value, dict):
        return value
    reject(_under(where, key), "an object", value)


def take_list(source: Object, key: str, where: str) -> list[Any]:
    value = source.pop(key, None)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    reject(_under(where, key), "a list", value)


def rest(source: Object) -> str:
    """The remaining unknown fields as JSON text; '' when there are none."""
    return json_text(source) if source else ""


def json_text(value: Any) -> str:
    """The value as JSON text. Raises `CompetitorFailed` when it is nested deeper than `MAX_DEPTH`."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # too deep, an integer beyond 64 bits, or half a surrogate pair
        _check_depth(value, MAX_DEPTH)
        return well_formed(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _check_depth(value: Any, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise CompetitorFailed(f"the competitor's answer is nested deeper than {MAX_DEPTH} levels")
    for member in value.values() if isinstance(value, dict) else value:
        _check_depth(member, levels - 1)


def _under(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
