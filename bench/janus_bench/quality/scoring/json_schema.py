"""Answers that must be JSON of a given shape (JSON Schema, draft 2020-12)."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from pydantic import AfterValidator, Field
from referencing import Registry

from janus_bench.quality.task import Answer, Score

from .bounds import NotJson, bounded_json
from .patterns import compiled, found_in
from .rule import Means, Rule, verdict

_FENCED = re.compile(r"```[ \t]{0,9}(?:json[c5]?|JSON)?[ \t]{0,9}\n(.*?)```", re.DOTALL)
_UNSUPPORTED = ("patternProperties", "$dynamicRef")


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not found_in(pattern, instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


# The library's own `pattern` takes Python's expressions, whose time a text can make exponential.
_Validator = extend(Draft202012Validator, {"pattern": _pattern})


def _is_schema(schema: dict[str, Any]) -> dict[str, Any]:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"is no JSON Schema: {error.json_path}: {error.message}") from None
    _check(schema)
    return schema


def _check(schema: Any) -> None:
    """What the library's own check lets pass and this one cannot do."""
    if isinstance(schema, list):
        for inner in schema:
            _check(inner)
    if not isinstance(schema, dict):
        return
    for word, inner in schema.items():
        if word in _UNSUPPORTED:
            raise ValueError(f"{word} is not supported")
        if word == "$ref" and not str(inner).startswith("#"):
            raise ValueError("$ref leads out of the schema")
        if word == "pattern" and isinstance(inner, str):
            compiled(inner, ignore_case=False)
        _check(inner)


class JsonSchema(Rule):
    """The answer is one JSON value, bare or in one fenced block, that the schema takes; nothing else is said.

    With `prose` words may stand around a fenced block. What the values must be is said by `const` and `enum`.
    """

    kind: Literal["json_schema"]
    schema_: Annotated[dict[str, Any], AfterValidator(_is_schema)] = Field(alias="schema")
    prose: bool = False

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        try:
            value = bounded_json(json_text(answer.content, prose=self.prose))
        except NotJson as error:
            return verdict(False, f"is no JSON: {error}")
        return violation(self.schema_, value)


def json_text(text: str, *, prose: bool) -> str:
    """The JSON of an answer: what stands in its only fence, or all of it."""
    fences = list(_FENCED.finditer(text))
    if len(fences) == 1 and (prose or text.strip() == fences[0][0].strip()):
        return fences[0][1]
    return text.strip()


def violation(schema: dict[str, Any], value: Any) -> Score:
    """What a value breaks of a schema, by its path."""
    validator = _Validator(schema, registry=Registry())
    try:
        error = next(validator.iter_errors(value), None)
    except (OverflowError, RecursionError) as beyond:  # numbers that no float holds, schemas that never end
        return verdict(False, f"cannot be checked: {beyond}")
    if error is None:
        return verdict(True, "is JSON of the wanted shape")
    return verdict(False, f"{error.json_path}: {error.message[:200]}")
