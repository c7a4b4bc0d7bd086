"""Runs alone: makes the puzzles that an order on standard input names, and prints them.

Importing the package imports all of its puzzles, and so all that any of them needs. Only a few are wanted
here, which need nothing: the packages around them are given as folders, so that their `__init__` is not run.
"""

import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any


def as_folder(name: str, folder: Path) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package


def make(order: dict[str, Any]) -> list[dict[str, Any]]:
    root = Path(order["folder"]) / "reasoning_gym"
    as_folder("reasoning_gym", root)
    for module in order["puzzles"].values():
        group = module.partition(".")[0]
        as_folder(f"reasoning_gym.{group}", root / group)
    made = []
    for name, module in order["puzzles"].items():
        importlib.import_module(f"reasoning_gym.{module}")
        puzzles = sys.modules["reasoning_gym.factory"].create_dataset(
            name, size=order["each"], seed=order["seed"]
        )
        for number in range(order["each"]):
            puzzle = puzzles[number]
            made.append(
                {
                    "name": name,
                    "number": number,
                    "question": puzzle["question"],
                    "answer": str(puzzle["answer"]),
                }
            )
    return made


json.dump(make(json.load(sys.stdin)), sys.stdout)
