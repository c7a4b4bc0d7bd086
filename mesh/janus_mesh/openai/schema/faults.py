"""Turns pydantic's first complaint into the error that a caller of OpenAI's API expects."""

from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from janus_mesh.errors import InvalidRequest
from janus_mesh.strict_json import path_of, quoted

MISSING: Final = "missing_required_parameter"
WRONG_TYPE: Final = "invalid_type"
WRONG_VALUE: Final = "invalid_value"

# Behind a field of the first set, and behind an index into one of the second, pydantic's location
# names the branch of a union that was taken, which is no part of the path.
_UNION_FIELDS = frozenset({"content", "stop", "tool_choice", "response_format"})
_UNION_ITEMS = frozenset({"messages", "content", "tools", "tool_calls"})

_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
# To be filled from pydantic's context, which also says what would have been right.
_VALUES = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "wrong_value": "must be {expected}",
}
_SIZES = {
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} items",
    "string_too_short": "must not be empty",
}


def invalid_request(error: ValidationError) -> InvalidRequest:
    """The first fault as an `InvalidRequest`: OpenAI's path in `param`, the value only glimpsed."""
    fault = error.errors(include_url=False)[0]
    steps = _steps(fault["loc"])
    code, below, complaint = _complaint(fault)
    path = path_of(steps if below is None else [*steps, below])
    return InvalidRequest(f"{f'`{path}`' if path else 'the body'} {complaint}", param=path, code=code)


def _steps(location: tuple[str | int, ...]) -> list[str | int]:
    steps: list[str | int] = []
    branch_next = False
    # A label whose key is at fault: pydantic appends this to the key.
    for step in location[:2] if location[2:] == ("[key]",) else location:
        if branch_next:
            branch_next = False
            continue
        steps.append(step)
        branch_next = steps[-2] in _UNION_ITEMS if isinstance(step, int) else step in _UNION_FIELDS
    return steps


def _complaint(fault: ErrorDetails) -> tuple[str, str | None, str]:
    """OpenAI's code, the field below the fault's location that it is about, and the sentence's rest."""
    kind, value, context = fault["type"], fault["input"], _plain(fault.get("ctx", {}))
    if kind == "missing":
        return MISSING, None, "is required"
    if kind == "no_substance":
        return MISSING, "content", fault["msg"]
    if kind == "wrong_form":
        return WRONG_TYPE, None, f"{fault['msg']}, not {_glimpse(value)}"
    if kind.startswith("union_tag"):
        return _bad_tag(value, context)
    if kind == "float_type" and isinstance(value, int) and not isinstance(value, bool):
        return WRONG_VALUE, None, "is too large a number"
    if kind in _TYPES:
        return WRONG_TYPE, None, f"must be {_TYPES[kind]}, not {_glimpse(value)}"
    if kind in _SIZES:
        return WRONG_VALUE, None, _SIZES[kind].format(**context)
    if kind in _VALUES:
        return WRONG_VALUE, None, f"{_VALUES[kind].format(**context)}, not {_glimpse(value)}"
    return WRONG_VALUE, None, f"is refused: {fault['msg']}"


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    """Bounds as people write them: 2 and not 2.0."""
    return {
        name: int(bound) if isinstance(bound, float) and bound.is_integer() else bound
        for name, bound in context.items()
    }


def _bad_tag(value: dict[str, object], context: dict[str, Any]) -> tuple[str, str, str]:
    """For the field that tells which of several objects it is: `role`, or a part's `type`."""
    field = context["discriminator"].strip("'")
    if field not in value:
        return MISSING, field, "is required"
    tag = value[field]
    if not isinstance(tag, str):
        return WRONG_TYPE, field, f"must be a string, not {_glimpse(tag)}"
    return WRONG_VALUE, field, f"must be one of {context['expected_tags']}, not {_glimpse(tag)}"


def _glimpse(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return quoted(value) if isinstance(value, str) else _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
