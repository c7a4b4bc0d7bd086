"""Reading fields of JSON that a stranger wrote: of the right kind, or as if they were absent."""

from typing import Any


def member(value: object, name: str) -> Any:
    """A field of an object; None when `value` is no object or has no such field."""
    return value.get(name) if isinstance(value, dict) else None


def text(value: object, name: str) -> str:
    found = member(value, name)
    return found if isinstance(found, str) else ""


def items(value: object, name: str) -> list[Any]:
    found = member(value, name)
    return found if isinstance(found, list) else []


def count(value: object, name: str) -> int | None:
    """A number of things: an integer, not negative."""
    found = member(value, name)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        return None
    return found


def amount(value: object, name: str) -> float | None:
    """A measure: a finite number, not negative."""
    found = member(value, name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < float("inf"):
        return None
    return float(found)
