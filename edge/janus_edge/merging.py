"""How fields that no schema knows, spread over the chunks of a stream, become one object.

Objects merge, lists append, and otherwise the last value wins; a null never undoes a value. Inside a
`delta` text continues the text before it.
"""

from collections.abc import Sequence
from typing import Any

from .answer_json import JsonObject


def merge_fields(parts: Sequence[JsonObject]) -> JsonObject:
    """One object of fields that stood beside `choices` or beside `delta`, oldest part first."""
    return _merge_objects(parts, join_text=False)


def merge_deltas(parts: Sequence[JsonObject]) -> JsonObject:
    """One object of fields that stood inside `delta`, oldest part first."""
    return _merge_objects(parts, join_text=True)


def _merge_objects(parts: Sequence[JsonObject], *, join_text: bool) -> JsonObject:
    values: dict[str, list[Any]] = {}
    for part in parts:
        for name, value in part.items():
            values.setdefault(name, []).append(value)
    return {name: _merge(given, join_text=join_text) for name, given in values.items()}


def _merge(values: Sequence[Any], *, join_text: bool) -> Any:
    values = [value for value in values if value is not None]
    if len(values) < 2:
        return values[0] if values else None
    if all(isinstance(value, dict) for value in values):
        return _merge_objects(values, join_text=join_text)
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    if join_text and all(isinstance(value, str) for value in values):
        return "".join(values)
    return values[-1]
