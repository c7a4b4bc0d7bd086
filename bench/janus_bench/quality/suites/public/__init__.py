"""The own items: `train` to work with, `dev` to be scored by, `judged` where only a model can judge.

One JSONL file for each benchmark.
"""

from pathlib import Path
from typing import Final, Literal

from janus_bench.quality.suites.reading import read_tasks
from janus_bench.quality.task import Task

Split = Literal["train", "dev", "judged"]

BENCHMARKS: Final = ("chat", "research", "code", "tool_use", "multimodal", "agentic", "streaming", "cost")
JUDGED: Final = ("writing",)
_FOLDER = Path(__file__).parent


def public_tasks(split: Split) -> tuple[Task, ...]:
    files = [
        _FOLDER / split / f"{benchmark}.jsonl" for benchmark in (JUDGED if split == "judged" else BENCHMARKS)
    ]
    return read_tasks(files, _FOLDER / "assets")
