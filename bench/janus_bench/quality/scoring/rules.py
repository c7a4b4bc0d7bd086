"""All the rules there are, by the `kind` of an item's `scoring`."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from . import artifact, combining
from .artifact import Artifact
from .citation import Citation
from .code import Code
from .combining import AllOf, AnyOf
from .instructions import InstructionFollowing
from .json_schema import JsonSchema
from .judging import JudgedBetter
from .matching import Exact, Match
from .multiple_choice import MultipleChoice
from .numeric import Numeric
from .patterns import Regex
from .tool_call import ToolCalls

AnyRule = Annotated[
    Exact
    | Match
    | Numeric
    | Regex
    | JsonSchema
    | MultipleChoice
    | Code
    | ToolCalls
    | InstructionFollowing
    | Citation
    | Artifact
    | AllOf
    | AnyOf
    | JudgedBetter,
    Field(discriminator="kind"),
]

# Rules that hold rules could not name them before all were known.
for holder in (combining.Part, combining.AllOf, combining.AnyOf, artifact.Artifact):
    holder.model_rebuild(_types_namespace={"AnyRule": AnyRule})


@cache
def rule_adapter() -> TypeAdapter[AnyRule]:
    return TypeAdapter(AnyRule)


def parse_rule(scoring: Mapping[str, Any]) -> AnyRule:
    """Raises pydantic's `ValidationError`, which names the field."""
    return rule_adapter().validate_python(scoring)


def pass_mark(scoring: Mapping[str, Any]) -> float:
    """The least value of an answer that is right."""
    return parse_rule(scoring).pass_mark
