"""Where the steps of an answer's making, artifacts included, stand in a stream: the header `X-Janus-Steps`.

A delta is the contract's place. Stream helpers of client libraries merge all deltas of a choice into one
message; openai-python then joins the addresses of two artifacts, so requests of such helpers get their steps
beside `choices`, which the helpers leave alone.
"""

from enum import Enum
from typing import Final

from starlette.datastructures import Headers

from janus_mesh.errors import InvalidRequest

HEADER: Final = "X-Janus-Steps"
_HELPER_HEADER: Final = "x-stainless-helper-method"
# `chat.completions.stream` of openai-python, `stream` and `runTools` of openai-node.
_HELPERS: Final = ("stream", "runtools")


class Steps(Enum):
    """Where steps stand."""

    DELTA = "delta"  # choices[0].delta.janus
    CHUNK = "chunk"  # janus, beside choices
    OFF = "off"  # nowhere


def requested_steps(headers: Headers) -> Steps:
    """What the client asked for, or what suits its library. Raises `InvalidRequest` for an unknown value."""
    given = headers.get(HEADER)
    if given is None:
        helper = headers.get(_HELPER_HEADER, "").lower()
        return Steps.CHUNK if any(name in helper for name in _HELPERS) else Steps.DELTA
    try:
        return Steps(given.strip().lower())
    except ValueError:
        known = ", ".join(f"`{steps.value}`" for steps in Steps)
        raise InvalidRequest(f"the header {HEADER} must be one of {known}", param=HEADER) from None
