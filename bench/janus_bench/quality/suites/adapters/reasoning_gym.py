"""Reasoning Gym: puzzles that a program makes, always the same ones (arXiv 2505.24760). Apache-2.0.

The package's program runs in a process of its own (`puzzles_program.py`), with nothing of the bench around
it.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from janus_bench.quality.task import Task

from .packages import Adapter, open_task

_PROGRAM = Path(__file__).with_name("puzzles_program.py")
_SECONDS = 60.0
_EACH = 10
_SEED = 2026

# name -> its module, and how its answers are compared.
PUZZLES: Final[Mapping[str, tuple[str, str]]] = {
    "basic_arithmetic": ("arithmetic.basic_arithmetic", "numeric"),
    "chain_sum": ("arithmetic.chain_sum", "numeric"),
    "count_bits": ("arithmetic.count_bits", "numeric"),
    "gcd": ("arithmetic.gcd", "numeric"),
    "lcm": ("arithmetic.lcm", "numeric"),
    "leg_counting": ("arithmetic.leg_counting", "numeric"),
    "products": ("arithmetic.products", "numeric"),
    "number_sequence": ("cognition.number_sequences", "numeric"),
    "letter_counting": ("algorithmic.letter_counting", "numeric"),
    "base_conversion": ("algorithmic.base_conversion", "text"),
    "decimal_chain_sum": ("arithmetic.decimal_chain_sum", "numeric"),
    "fraction_simplification": ("arithmetic.fraction_simplification", "text"),
    "caesar_cipher": ("algorithmic.caesar_cipher", "text"),
    "word_sorting": ("algorithmic.word_sorting", "text"),
    "family_relationships": ("graphs.family_relationships", "text"),
    "syllogism": ("logic.syllogisms", "text"),
}
_ASKED = "{}\n\nEnd with a line that holds nothing but the answer."


def _read(folder: Path) -> tuple[Task, ...]:
    return tuple(_task(puzzle) for puzzle in _made(folder))


def _made(folder: Path) -> list[dict[str, Any]]:
    order = {
        "folder": str(folder.resolve()),
        "puzzles": {name: module for name, (module, _) in PUZZLES.items()},
        "each": _EACH,
        "seed": _SEED,
    }
    done = subprocess.run(
        [sys.executable, "-I", str(_PROGRAM)],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"its program failed: {done.stderr.strip()[-300:]}")
    made: list[dict[str, Any]] = json.loads(done.stdout)
    return made


def _task(puzzle: dict[str, Any]) -> Task:
    name, answer = puzzle["name"], puzzle["answer"].strip()
    scoring: dict[str, Any] = {"kind": "match", "any_of": [answer], "where": "last_line"}
    wrong = f"{answer}x"
    if PUZZLES[name][1] == "numeric":
        scoring = {"kind": "numeric", "value": float(answer), "where": "last_line"}
        wrong = f"{float(answer) + 1:.12g}"
    return open_task(
        {
            "id": f"reasoning_gym/{name}-{puzzle['number']}",
            "benchmark": "reasoning_gym",
            "category": name,
            "prompt": _ASKED.format(puzzle["question"].strip()),
            "scoring": scoring,
            "accepted": [f"So this is it:\n{answer}"],
            "rejected": [wrong],
            "source": "reasoning-gym",
            "licence": "Apache-2.0",
        }
    )


ADAPTER = Adapter(
    "reasoning_gym",
    "Reasoning Gym: puzzles of sixteen kinds, made by a program",
    _EACH * len(PUZZLES),
    "reasoning_gym/factory.py",
    _read,
)
