"""Python values as JSON text and back, so that only data crosses between the tester and the code it tests.

What arrives is always of the built-in types, whatever the sender's classes were: an object that claims to be
equal to everything cannot be sent.
"""

import json
from typing import Any

MOST_DEPTH = 100


def encoded(value: Any) -> str:
    """The value as JSON text. Raises `ValueError` or `TypeError` for what is not plain data."""
    return json.dumps(_tagged(value, MOST_DEPTH))


def decoded(text: str) -> Any:
    """The value that `encoded` wrote. Raises `ValueError` for anything else."""
    try:
        return _untagged(json.loads(text), MOST_DEPTH * 2)
    except (TypeError, KeyError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _tagged(value: Any, depth: int) -> Any:
    if not depth:
        raise ValueError("nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind.__str__(value) if kind is str else kind(value)
    if isinstance(value, bytes | bytearray):
        return {"bytes": value.hex()}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    return _tagged_container(value, depth - 1)


def _tagged_container(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {"dict": [[_tagged(key, depth), _tagged(one, depth)] for key, one in value.items()]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [_tagged(one, depth) for one in value]}
    raise TypeError(f"{type(value).__name__} is not plain data")


def _untagged(value: Any, depth: int) -> Any:
    if not depth:
        raise ValueError("nested too deeply")
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise ValueError("a bare list")
        return value
    [(tag, inside)] = value.items()
    if tag == "bytes":
        return bytes.fromhex(inside)
    if tag == "complex":
        return complex(*inside)
    if tag == "dict":
        return {_untagged(key, depth - 1): _untagged(one, depth - 1) for key, one in inside}
    kinds = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
    return kinds[tag](_untagged(one, depth - 1) for one in inside)
