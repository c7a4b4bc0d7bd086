"""Programs: an answer's code runs in a sandbox, and what it gives is compared out here.

What calls should return stays outside the sandbox. A test program (`check`, HumanEval's form) runs inside, in
another process than the code, and gets plain data from it. So code that prints, exits early, reads its
surroundings or returns objects that are equal to everything finds nothing to cheat with.
"""

import json
import secrets
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from janus_bench.quality.task import Answer, Score, ScoringUnavailable

from .bounds import NotJson, bounded_json
from .code_block import code_in, defines
from .rule import Means, Rule, shortened, verdict
from .sandbox import Ran, SandboxEnded

_MOST_CODE = 64 * 1024
_START_SECONDS = 5.0
_MOST_SECONDS = 300.0
_LARGEST = 1e300  # a whole number beyond it may be no float


class Call(BaseModel):
    """A Python expression over what the code defines; the JSON value that it gives or the error it raises."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: str = Field(min_length=1)
    returns: Any = None
    raises: str | None = Field(None, description="The exception's class, such as ValueError.")


class Program(BaseModel):
    """What the code prints when it is run as a program; spaces at lines' ends are ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stdin: str = ""
    stdout: str


class Code(Rule):
    """The code passes all its tests; with `partial`, the share that it passes."""

    kind: Literal["code"]
    entry: str | None = Field(None, pattern=r"^[A-Za-z_]\w*$", description="What the code must define.")
    preamble: str = Field("", description="Put before the code, such as imports that the prompt gave.")
    calls: tuple[Call, ...] = Field((), max_length=100)
    programs: tuple[Program, ...] = Field((), max_length=20)
    check: str | None = Field(None, description="A test program that defines check(candidate).")
    tolerance: float = Field(0.0, ge=0, description="Between fractions, absolute and relative.")
    seconds: Annotated[float, Field(gt=0, le=60)] = Field(5.0, description="For each test.")
    partial: bool = False

    @model_validator(mode="after")
    def _tested(self) -> Self:
        if not (self.calls or self.programs or self.check):
            raise ValueError("calls: they, programs or check are needed")
        if self.check is not None and self.entry is None:
            raise ValueError("entry: check needs it")
        return self

    async def judge(self, answer: Answer, means: Means, /) -> Score:
        code = code_in(answer.content, self.entry)
        if not code.strip() or (self.entry and not defines(code, self.entry)):
            return verdict(
                False, f"holds no code that defines {self.entry}" if self.entry else "holds no code"
            )
        if len(code) > _MOST_CODE:
            return verdict(False, f"the code is longer than {_MOST_CODE:,} characters")
        if means.sandbox is None:
            raise ScoringUnavailable("code is judged in a sandbox, and there is none")
        nonce = secrets.token_hex(16)
        contents = {
            "solution.py": f"{self.preamble}\n{code}",
            # What the prompt gave, such as a function that the test program calls too.
            "check.py": f"{self.preamble}\n{self.check}" if self.check else "",
            "job.json": json.dumps(self._job(nonce)),
            **_programs(),
        }
        tests = len(self.calls) + len(self.programs) + bool(self.check)
        seconds = min(_MOST_SECONDS, tests * self.seconds + _START_SECONDS)
        try:
            ran = await means.sandbox.run(contents, ["python3", "-I", "run.py"], seconds)
        except SandboxEnded as ended:
            return verdict(False, f"its sandbox ended: {ended}")
        return self._score(ran, nonce)

    def _job(self, nonce: str) -> dict[str, Any]:
        return {
            "calls": [call.call for call in self.calls],
            "programs": [program.stdin for program in self.programs],
            "check": self.entry if self.check else None,
            "seconds": self.seconds,
            "nonce": nonce,
        }

    def _score(self, ran: Ran, nonce: str) -> Score:
        results = _results(ran.stdout, nonce)
        faults = [self._call_fault(call, results.get(f"call {n}")) for n, call in enumerate(self.calls)]
        faults += [_program_fault(p, results.get(f"program {n}")) for n, p in enumerate(self.programs)]
        if self.check:
            faults.append(_check_fault(results.get("check")))
        failed = [fault for fault in faults if fault]
        value = 1 - len(failed) / len(faults) if self.partial else float(not failed)
        told = failed[0] if failed else "passes all tests"
        if failed and not results:
            told = f"did not run: {shortened(ran.stderr[-400:], 300)}"
        details = {"passed": len(faults) - len(failed), "tests": len(faults), "stderr": ran.stderr[-1000:]}
        return Score(value=value, explanation=told, details=details)

    def _call_fault(self, call: Call, result: Mapping[str, Any] | None) -> str:
        if result is None:
            return f"{call.call} gave nothing"
        raised = result.get("raised")
        if call.raises is not None:
            return "" if raised == call.raises else f"{call.call} did not raise {call.raises}"
        if raised is not None:
            return f"{call.call} raised {shortened(str(raised))}"
        if "value" not in result or not self._same(call.returns, result["value"]):
            return f"{call.call} gave {shortened(json.dumps(result.get('value')))}"
        return ""

    def _same(self, wanted: Any, given: Any) -> bool:
        if isinstance(wanted, bool) or isinstance(given, bool):
            return wanted is given
        if isinstance(wanted, int | float) and isinstance(given, int | float):
            if self.tolerance and abs(given) < _LARGEST:
                return abs(wanted - given) <= self.tolerance * max(1.0, abs(wanted))
            return bool(wanted == given)
        if isinstance(wanted, list) and isinstance(given, list):
            return len(wanted) == len(given) and all(map(self._same, wanted, given))
        if isinstance(wanted, dict) and isinstance(given, dict):
            return wanted.keys() == given.keys() and all(self._same(wanted[n], given[n]) for n in wanted)
        return bool(wanted == given)


@cache
def _programs() -> dict[str, str]:
    """The programs that run inside the sandbox, by file name."""
    folder = files(__package__) / "inside"
    return {name: (folder / name).read_text("utf-8") for name in ("run.py", "candidate.py", "plain_data.py")}


def _results(stdout: str, nonce: str) -> dict[str, Mapping[str, Any]]:
    """What the runner told of each test: lines that carry its nonce; the first word on a test counts."""
    results: dict[str, Mapping[str, Any]] = {}
    for line in stdout.splitlines():
        if not line.startswith(nonce):
            continue
        try:
            result = bounded_json(line.removeprefix(nonce))
        except NotJson:
            continue  # a value too large to be a right one
        if isinstance(result, dict) and isinstance(result.get("test"), str):
            results.setdefault(result["test"], result)
    return results


def _program_fault(program: Program, result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "the program gave nothing"
    printed = result.get("stdout")
    if not isinstance(printed, str) or _lines(printed) != _lines(program.stdout):
        return f"the program printed {shortened(str(printed))} for {shortened(program.stdin)}"
    return ""


def _check_fault(result: Mapping[str, Any] | None) -> str:
    if result is None or result.get("value") is not True:
        return f"its tests fail: {shortened(str((result or {}).get('raised', 'they did not end')))}"
    return ""


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]
