"""Reads a competitor's `usage`: figures that make sense, or nothing."""

from janus_proto._gen.janus.chat.v1 import event_pb2 as pb

from .json_fields import Object, rest, whole_number

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_AMOUNTS = ("cost_usd", "sandbox_seconds")
# More dollars or seconds than one answer can take; also keeps infinity out.
_MAX_AMOUNT = 1e12


def read_usage(reported: object) -> pb.Usage | None:
    """The usage that the object says; None when it says no token counts or one that is not a count.

    A wrong figure is not repaired: a guess would look like a report. Amounts that are not numbers from 0
    stand under `invalid` in `extra_json`.
    """
    if not isinstance(reported, dict):
        return None
    source: Object = dict(reported)
    said = {name: value for name in _COUNTS if (value := source.pop(name, None)) is not None}
    counts = [whole_number(said.get(name, 0)) for name in _COUNTS]
    if not said or None in counts:
        return None
    prompt, completion, total = (count or 0 for count in counts)
    if "total_tokens" not in said:
        total = prompt + completion
    message = pb.Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=total)
    _take_amounts(source, message)
    message.extra_json = rest(source)
    return message


def _take_amounts(source: Object, message: pb.Usage) -> None:
    invalid: Object = {}
    for name in _AMOUNTS:
        value = source.pop(name, None)
        if _is_amount(value):
            setattr(message, name, value)
        elif value is not None:
            invalid[name] = value
    if invalid:
        source["invalid"] = invalid


def _is_amount(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= _MAX_AMOUNT  # type: ignore[operator]
