"""Calls of functions, compared as syntax trees: names, arguments, types; in any order when they are parallel.

As in the Berkeley Function Calling Leaderboard, an argument has a list of allowed values, and texts are
compared without case, spaces and punctuation.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from janus_bench.quality.task import Answer, Score, ToolCall

from .bounds import NotJson, bounded_json
from .rule import Means, Rule, shortened, verdict

_IGNORED = str.maketrans("", "", " ,./-_*^\t\n\"'\u2019`")


class ExpectedCall(BaseModel):
    """A function and, for each argument, the values that are right; no other argument may be given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: dict[str, list[Any]] = Field({}, description="argument -> its allowed values")
    optional: frozenset[str] = Field(frozenset(), description="Arguments that may be left out.")

    @model_validator(mode="after")
    def _known(self) -> "ExpectedCall":
        unknown = self.optional - self.arguments.keys()
        if unknown:
            raise ValueError(f"optional: {', '.join(sorted(unknown))} is none of the arguments")
        return self


class ToolCalls(Rule):
    """Exactly these calls, each once. With no `calls`, none is made and something is said."""

    kind: Literal["tool_call"]
    calls: tuple[ExpectedCall, ...] = ()
    ordered: bool = False
    exact_text: bool = Field(False, description="Texts are compared to the letter.")

    async def judge(self, answer: Answer, _: Means, /) -> Score:
        made = answer.tool_calls
        if not self.calls:
            told = f"calls {made[0].name[:80]!r}, which is of no use" if made else "calls nothing"
            return verdict(not made and bool(answer.content.strip()), told)
        if len(made) != len(self.calls):
            return verdict(False, f"makes {len(made)} calls, not {len(self.calls)}")
        faults = [[self._fault(wanted, call) for call in made] for wanted in self.calls]
        if _in_order(faults) if self.ordered else _matched(faults):
            return verdict(True, "makes the wanted calls")
        unmet = next((row for row in faults if all(row)), None)
        return verdict(False, _closest(unmet) if unmet else "the calls are not the wanted ones, one by one")

    def _fault(self, wanted: ExpectedCall, call: ToolCall) -> str:
        """What is wrong with a call; nothing is ''."""
        if call.name != wanted.name:
            return f"calls {call.name[:80]!r}, not {wanted.name!r}"
        try:
            given = bounded_json(call.arguments or "{}")
        except NotJson as error:
            return f"{wanted.name}: the arguments are no JSON: {error}"
        if not isinstance(given, dict):
            return f"{wanted.name}: the arguments are no object"
        return self._arguments(wanted, given)

    def _arguments(self, wanted: ExpectedCall, given: Mapping[str, Any]) -> str:
        for name in given:
            if name not in wanted.arguments:
                return f"{wanted.name}: the argument {name[:80]!r} does not belong there"
        for name, allowed in wanted.arguments.items():
            if name not in given:
                if name not in wanted.optional:
                    return f"{wanted.name}: the argument {name!r} is missing"
            elif not any(self._same(value, given[name]) for value in allowed):
                return f"{wanted.name}: {name} is {shortened(str(given[name]))}"
        return ""

    def _same(self, wanted: Any, given: Any) -> bool:
        """Whether two JSON values are alike in type and value; 5 and 5.0 are, 1 and true are not."""
        if isinstance(wanted, bool) or isinstance(given, bool):
            return wanted is given
        if isinstance(wanted, str) and isinstance(given, str):
            return wanted == given if self.exact_text else _spelt(wanted) == _spelt(given)
        if isinstance(wanted, list) and isinstance(given, list):
            return len(wanted) == len(given) and all(map(self._same, wanted, given))
        if isinstance(wanted, dict) and isinstance(given, dict):
            return wanted.keys() == given.keys() and all(self._same(wanted[n], given[n]) for n in wanted)
        number = isinstance(wanted, int | float) and isinstance(given, int | float)
        return bool(wanted == given) if number else wanted is None and given is None


def _spelt(text: str) -> str:
    return text.casefold().translate(_IGNORED)


def _in_order(faults: Sequence[Sequence[str]]) -> bool:
    return not any(row[place] for place, row in enumerate(faults))


def _matched(faults: Sequence[Sequence[str]]) -> bool:
    """Whether each wanted call can have one made call of its own (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for made, fault in enumerate(faults[wanted]):
            if fault or made in tried:
                continue
            tried.add(made)
            if made not in taken or place(taken[made], tried):
                taken[made] = wanted
                return True
        return False

    return all(place(wanted, set()) for wanted in range(len(faults)))


def _closest(row: Sequence[str]) -> str:
    """Of what is wrong with each call, that which got furthest: a wrong value rather than another name."""
    return min(row, key=lambda fault: (fault.startswith("calls "), "missing" in fault))
