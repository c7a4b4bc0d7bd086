"""The Berkeley Function Calling Leaderboard: which function to call, and with what. Apache-2.0.

Its single-turn Python parts are taken: one function, one of several, parallel calls, and both. Their schemas'
own type names become JSON Schema's. Left out are items whose expected values are objects, since there the
package lists allowed values inside them, which is another form; and those that no function fits, which any
noise would answer rightly.
"""

import json
import re
from pathlib import Path
from typing import Any

from janus_bench.quality.task import Task

from .packages import Adapter, open_task

_DATA = "bfcl_eval/data"
_PARTS = ("simple_python", "multiple", "parallel", "parallel_multiple")
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "list": "array"}
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_SIZE = 986


def _read(folder: Path) -> tuple[Task, ...]:
    return tuple(task for part in _PARTS for task in _part(folder / _DATA, part))


def _part(data: Path, part: str) -> list[Task]:
    cases = _lines(data / f"BFCL_v4_{part}.json")
    answers = {
        line["id"]: line["ground_truth"] for line in _lines(data / f"possible_answer/BFCL_v4_{part}.json")
    }
    return [
        _task(part, case, answers[case["id"]]) for case in cases if not _holds_objects(answers[case["id"]])
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _holds_objects(expected: list[dict[str, Any]]) -> bool:
    return "{" in json.dumps([list(arguments.values()) for call in expected for arguments in call.values()])


def _task(part: str, case: dict[str, Any], expected: list[dict[str, Any]]) -> Task:
    calls = [_call(name, arguments) for call in expected for name, arguments in call.items()]
    right = [
        {"name": call["name"], "arguments": {name: allowed[0] for name, allowed in call["arguments"].items()}}
        for call in calls
    ]
    return open_task(
        {
            "id": f"bfcl/{case['id']}",
            "benchmark": "bfcl",
            "category": part,
            "request": {"messages": case["question"][0], "tools": [_tool(tool) for tool in case["function"]]},
            "scoring": {"kind": "tool_call", "calls": calls},
            "accepted": [{"tool_calls": right}],
            "rejected": [{"tool_calls": [*right, right[0]]}],
            "source": "bfcl-eval",
            "licence": "Apache-2.0",
        }
    )


def _call(name: str, arguments: dict[str, list[Any]]) -> dict[str, Any]:
    """An expected call; an empty text among the allowed values means that the argument may be left out."""
    return {
        "name": _name(name),
        "arguments": {
            argument: [value for value in allowed if value != ""] or [""]
            for argument, allowed in arguments.items()
        },
        "optional": [argument for argument, allowed in arguments.items() if "" in allowed],
    }


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": _name(function["name"]),
            "description": function["description"],
            "parameters": _schema(function["parameters"]),
        },
    }


def _name(name: str) -> str:
    """OpenAI's names have no points."""
    return _NO_NAME.sub("_", name)


def _schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_schema(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    made = {word: _schema(inner) for word, inner in schema.items() if word != "optional"}
    kind = made.get("type")
    if kind == "any":
        del made["type"]
    elif isinstance(kind, str):
        made["type"] = _TYPES.get(kind, kind)
    return made


ADAPTER = Adapter(
    "bfcl", "BFCL: which function to call, and with what", _SIZE, f"{_DATA}/BFCL_v4_multiple.json", _read
)
