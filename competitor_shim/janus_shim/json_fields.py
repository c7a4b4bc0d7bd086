"""Reading JSON that somebody else wrote: each reader takes a field out of its object, or says what is wrong.

What a reader takes is removed, so that what is left in the end are the fields unknown here. `where` is
the path of the object, such as `choices[0].delta`. Null counts as absent.
"""

from typing import Any, NoReturn

import orjson

from janus_mesh.errors import CompetitorFailed

Object = dict[str, Any]

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


def parsed(data: bytes) -> Object:
    """The JSON object in these bytes."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CompetitorFailed(f"the competitor sent invalid {_fault(data, error)}") from None
    return as_object(value, "the event")


def _fault(data: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as undecodable:
        return f"UTF-8 at byte {undecodable.start} of an event"
    return f"JSON: {error}"


def reject(where: str, wanted: str, value: object) -> NoReturn:
    """Raises the error for a value of the wrong shape."""
    got = str(value) if type(value) in (int, float) else _NAMES[type(value)]
    raise CompetitorFailed(f"the competitor's answer is malformed: {where} is {got}, not {wanted}")


def as_object(value: object, where: str) -> Object:
    if isinstance(value, dict):
        return value
    reject(where, "an object", value)


def take_text(source: Object, key: str, where: str) -> str | None:
    value = source.pop(key, None)
    if value is None or isinstance(value, str):
        return value
    reject(_under(where, key), "a string", value)


def take_text_or_empty(source: Object, key: str, where: str) -> str:
    return take_text(source, key, where) or ""


def take_count(source: Object, key: str, where: str, maximum: int = _MAX_UINT64) -> int | None:
    """A whole number from 0 to `maximum`."""
    value = source.pop(key, None)
    if value is None or (type(value) is int and 0 <= value <= maximum):
        return value
    reject(_under(where, key), f"a whole number from 0 to {maximum}", value)


def take_amount(source: Object, key: str, where: str) -> float | None:
    """A number, not negative."""
    value = source.pop(key, None)
    if value is None or (type(value) in (int, float) and value >= 0):
        return None if value is None else float(value)
    reject(_under(where, key), "a number from 0", value)


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
    """What nobody took, as JSON; empty when all was."""
    return orjson.dumps(source).decode() if source else ""


def _under(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
