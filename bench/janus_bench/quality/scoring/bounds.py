"""How much of an answer is judged at all: what is beyond earns nothing, and costs nothing to refuse."""

import json
from typing import Any, Final

from janus_bench.quality.task import Answer

MOST_CHARACTERS: Final = 200_000
MOST_CALLS: Final = 128
MOST_ARTIFACTS: Final = 32
MOST_ARTIFACT_BYTES: Final = 32 * 1024 * 1024
MOST_JSON_CHARACTERS: Final = 100_000
MOST_JSON_VALUES: Final = 2_000  # some of JSON Schema's words compare every value with every other
MOST_JSON_DEPTH: Final = 64


class NotJson(ValueError):
    """A text that is no JSON, or more of it than is judged; says why."""


def beyond(answer: Answer) -> str | None:
    """Why an answer is too large to be judged."""
    if len(answer.content) > MOST_CHARACTERS:
        return f"the text is longer than {MOST_CHARACTERS:,} characters"
    if len(answer.tool_calls) > MOST_CALLS:
        return f"more than {MOST_CALLS} tool calls"
    if any(len(call.arguments) > MOST_JSON_CHARACTERS for call in answer.tool_calls):
        return f"a tool call's arguments are longer than {MOST_JSON_CHARACTERS:,} characters"
    if len(answer.artifacts) > MOST_ARTIFACTS:
        return f"more than {MOST_ARTIFACTS} artifacts"
    if sum(len(artifact.content) for artifact in answer.artifacts) > MOST_ARTIFACT_BYTES:
        return f"the artifacts are larger than {MOST_ARTIFACT_BYTES:,} bytes"
    return None


def bounded_json(text: str) -> Any:
    """Parses strictly (no NaN, no doubled names). Raises `NotJson`."""
    if len(text) > MOST_JSON_CHARACTERS:
        raise NotJson(f"longer than {MOST_JSON_CHARACTERS:,} characters")
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(str(error)) from None
    _measure(value)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _measure(value: Any) -> None:
    level, count = [value], 0
    for _ in range(MOST_JSON_DEPTH):
        count += len(level)
        if count > MOST_JSON_VALUES:
            raise NotJson(f"more than {MOST_JSON_VALUES:,} values")
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise NotJson("nested too deeply")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
