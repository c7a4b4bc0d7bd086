"""HumanEval's test programs as calls and what they return, where that is all they are.

A test program runs beside the code that it tests, which could read it. Of calls only the questions go into
the sandbox. Nothing is run here: the program is taken apart as text.
"""

import ast
import json
from dataclasses import dataclass
from typing import Any

_MOST_CALLS = 100  # of the rule


@dataclass(frozen=True, slots=True)
class Calls:
    """As the rule `code` takes them."""

    calls: tuple[dict[str, Any], ...]
    tolerance: float


def calls_of(program: str, entry: str) -> Calls | None:
    """None where `check(candidate)` does more than compare what calls return with values written there."""
    check = next(
        (
            node
            for node in ast.parse(program).body
            if isinstance(node, ast.FunctionDef) and node.name == "check"
        ),
        None,
    )
    if check is None:
        return None
    try:
        found = [_asserted(node, entry) for node in check.body if not _says_nothing(node)]
    except _Else:
        return None
    if not 0 < len(found) <= _MOST_CALLS:
        return None
    return Calls(tuple(call for call, _ in found), max(tolerance for _, tolerance in found))


class _Else(Exception):
    """The statement is something else."""


def _says_nothing(node: ast.stmt) -> bool:
    """A comment in quotes, `pass`, or HumanEval's `assert True, "This prints if this assert fails 1"`."""
    constant = node.value if isinstance(node, ast.Expr) else getattr(node, "test", None)
    return isinstance(node, ast.Pass) or (isinstance(constant, ast.Constant) and bool(constant.value))


def _asserted(node: ast.stmt, entry: str) -> tuple[dict[str, Any], float]:
    """The call and its value, as HumanEval writes them, and how far the value may be off."""
    match node:
        case ast.Assert(test=ast.Call() as left):
            return _truth(left, entry, holds=True), 0.0
        case ast.Assert(test=ast.UnaryOp(op=ast.Not(), operand=left)):
            return _truth(left, entry, holds=False), 0.0
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[value])):
            return _call(left, value, entry), 0.0
        case ast.Assert(
            test=ast.Compare(
                left=ast.Call(
                    func=ast.Name(id="abs"), args=[ast.BinOp(left=left, op=ast.Sub(), right=value)]
                ),
                ops=[ast.Lt()],
                comparators=[ast.Constant(value=float(tolerance))],
            )
        ):
            return _call(left, value, entry), tolerance
    raise _Else


def _truth(node: ast.expr, entry: str, *, holds: bool) -> dict[str, Any]:
    return {"call": f"bool({_called(node, entry)})", "returns": holds}


def _call(node: ast.expr, value: ast.expr, entry: str) -> dict[str, Any]:
    return {"call": _called(node, entry), "returns": _json(value)}


def _called(node: ast.expr, entry: str) -> str:
    match node:
        case ast.Call(func=ast.Name(id="candidate"), args=arguments, keywords=[]) if not any(
            isinstance(part, ast.Name) for argument in arguments for part in ast.walk(argument)
        ):
            return f"{entry}({', '.join(map(ast.unparse, arguments))})"
    raise _Else


def _json(node: ast.expr) -> Any:
    """A literal that is the same in JSON, but for tuples, which become lists."""
    try:
        value = ast.literal_eval(node)
        text = json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        raise _Else from None
    if any(isinstance(part, ast.Dict) for part in ast.walk(node)) and json.loads(text) != value:
        raise _Else  # keys that are no strings
    return json.loads(text)
