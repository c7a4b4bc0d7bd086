"""Function calls by a model that was never taught any.

Left to itself the model answers in words, which is what it does under `tool_choice: auto`. When a call
is asked for, a grammar leaves it no choice but `{"name": ..., "arguments": {...}}` of a function on
offer; which one, and with what arguments, is the model's own work.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from janus_mesh.errors import InvalidRequest

from .request import ChatRequest, Function

_ANY_OBJECT: dict[str, Any] = {"type": "object", "properties": {}}
_HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\{)')


@dataclass(frozen=True, slots=True)
class CallDelta:
    """More of the call: the name once, then pieces of the arguments' JSON."""

    name: str = ""
    arguments: str = ""


def demanded(request: ChatRequest) -> list[Function]:
    """The functions of which one must be called; empty when the model may answer in words."""
    choice = request.tool_choice
    offered = [tool.function for tool in request.tools or []]
    if choice is None or choice.mode in ("none", "auto"):
        return []
    if not offered:
        raise InvalidRequest("tool_choice needs tools", param="tool_choice")
    if choice.function is None:
        return offered
    named = [function for function in offered if function.name == choice.function.name]
    if not named:
        raise InvalidRequest(f"no tool is called {choice.function.name!r}", param="tool_choice")
    return named


def instructions(functions: Sequence[Function]) -> str:
    """What the model is told about the functions."""
    lines = [orjson.dumps(function.model_dump(exclude_none=True)).decode() for function in functions]
    asked = 'Answer with one function call as JSON, {"name": ..., "arguments": {...}}. Functions:'
    return "\n".join([asked, *lines])


def call_schema(functions: Sequence[Function]) -> dict[str, Any]:
    """The JSON Schema of a call of one of these functions."""
    if len(functions) == 1:
        return _schema_of(functions[0], "#")
    return {"anyOf": [_schema_of(function, f"#/anyOf/{i}") for i, function in enumerate(functions)]}


def _schema_of(function: Function, place: str) -> dict[str, Any]:
    arguments = _moved(function.parameters or _ANY_OBJECT, f"{place}/properties/arguments")
    return {
        "type": "object",
        "properties": {"name": {"const": function.name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _moved(schema: Any, place: str) -> Any:
    """The schema with its references into itself still right when it stands at `place`."""
    if isinstance(schema, list):
        return [_moved(item, place) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(value, place) for key, value in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = place + reference[1:]
    return moved


class CallReader:
    """Splits the model's JSON, as it comes, into the name and the arguments."""

    def __init__(self) -> None:
        self.complete = False
        self._head = ""  # until the arguments begin
        self._begun = False
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def feed(self, text: str) -> list[CallDelta]:
        """What this text adds to the call."""
        if self._begun:
            return self._arguments(text)
        self._head += text
        head = _HEAD.match(self._head)
        if head is None:
            return []
        self._begun = True
        return [CallDelta(name=json.loads(head[1])), *self._arguments(self._head[head.end() :])]

    def _arguments(self, text: str) -> list[CallDelta]:
        """The text up to the brace that closes the arguments."""
        taken = ""
        for character in text:
            if self.complete:
                break
            taken += character
            self._note(character)
        return [CallDelta(arguments=taken)] if taken else []

    def _note(self, character: str) -> None:
        if self._in_string:
            self._in_string = self._escaped or character != '"'
            self._escaped = character == "\\" and not self._escaped
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            self.complete = self._depth == 0
