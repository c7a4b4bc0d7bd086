"""Asks a target the same questions by janus-bench and by inspect-ai, each with its own client and scorers.

    .venv/bin/python bench/crosscheck/quality.py [--target URL] [--model NAME]

Only questions take part whose rule both know: a text that must be contained, a whole text, a number.
inspect-ai is no dependency: it is installed into the cache, in an environment of its own.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from timing import installed

from janus_bench.mesh.target import Missing
from janus_bench.quality.runners import Target, open_runner
from janus_bench.quality.running import asked
from janus_bench.quality.scoring import Scorers
from janus_bench.quality.suites import load_suite
from janus_bench.quality.task import Task

_INSPECT_SECONDS = 900
_TASK = Path(__file__).with_name("inspect_task.py")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one tool heard and made of it."""

    answer: str
    right: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--target", default="http://127.0.0.1:8000")
    parser.add_argument("--model", default="baseline")
    parser.add_argument("--suite", default="public/dev")
    given = parser.parse_args()
    try:
        binaries = installed("inspect", "inspect-ai", "openai")
    except Missing as reason:
        print(f"inspect-ai cannot be had: {reason}")
        return 1
    questions = {task.id: (task, rule) for task in load_suite(given.suite).tasks if (rule := _rule(task))}
    ours = asyncio.run(_by_janus_bench(given, [task for task, _ in questions.values()]))
    with TemporaryDirectory(prefix="janus-crosscheck-") as folder:
        theirs = _by_inspect(binaries, given, questions, Path(folder))
    _compare(ours, theirs)
    return 0


def _rule(task: Task) -> dict[str, str] | None:
    """The rule as inspect-ai's scorers have it; None when they have none like it."""
    scoring = task.scoring
    if task.modalities != {"text"} or any(
        not isinstance(message.get("content"), str) for message in task.request["messages"]
    ):
        return None
    options = scoring.get("any_of", [])
    if scoring["kind"] in ("match", "exact") and len(options) == 1 and not scoring.get("none_of"):
        contains = scoring.get("where") == "contains"
        return {"scorer": "includes" if contains else "match", "target": str(options[0])}
    if scoring["kind"] == "numeric":
        return {"scorer": "number", "target": f"{scoring['value']:g}"}
    return None


async def _by_janus_bench(given: argparse.Namespace, tasks: list[Task]) -> dict[str, Verdict]:
    verdicts = {}
    target = Target.parse(given.target, model=given.model)
    async with open_runner(target) as runner, Scorers(None, None) as scorers:
        for task in tasks:
            answer = (await runner.ask(asked(task, 0))).answer
            score = await scorers.score(task, answer)
            verdicts[task.id] = Verdict(answer.content, score.value >= 1)
            print(f"janus-bench: {task.id}", file=sys.stderr)
    return verdicts


def _by_inspect(
    binaries: Path,
    given: argparse.Namespace,
    questions: Mapping[str, tuple[Task, dict[str, str]]],
    folder: Path,
) -> dict[str, Verdict]:
    samples = [
        {"id": name, "input": task.request["messages"], "max_tokens": task.request.get("max_tokens"), **rule}
        for name, (task, rule) in questions.items()
    ]
    shutil.copy(_TASK, folder)  # it takes relative names only
    (folder / "samples.json").write_text(json.dumps(samples), encoding="utf-8")
    subprocess.run(
        [
            *(binaries / "inspect", "eval", _TASK.name, "--model", f"openai-api/janus/{given.model}"),
            *("--log-dir", folder / "logs", "--log-format", "json", "--display", "none"),
            *("--max-connections", "1", "--temperature", "0", "--seed", "0"),
        ],
        env={
            **os.environ,
            "JANUS_API_KEY": os.environ.get("JANUS_API_KEY") or "none",
            "JANUS_BASE_URL": f"{given.target}/v1",
            "CROSSCHECK_SAMPLES": str(folder / "samples.json"),
        },
        cwd=folder,
        check=True,
        timeout=_INSPECT_SECONDS,
    )
    (log,) = (folder / "logs").glob("*.json")
    return {sample["id"]: _verdict(sample) for sample in json.loads(log.read_bytes())["samples"]}


def _verdict(sample: Mapping[str, Any]) -> Verdict:
    (score,) = sample["scores"].values()
    message = sample["output"]["choices"][0]["message"]["content"]
    text = message if isinstance(message, str) else "".join(part.get("text", "") for part in message)
    return Verdict(text, score["value"] in ("C", 1, 1.0))


def _compare(ours: Mapping[str, Verdict], theirs: Mapping[str, Verdict]) -> None:
    count = len(ours)
    print(f"{count} questions; right: janus-bench {_right(ours)}, inspect-ai {_right(theirs)}")
    same = [name for name in ours if ours[name].answer.strip() == theirs[name].answer.strip()]
    print(f"noise: {count - len(same)} answers were not the same both times")
    agreed = sum(ours[name].right == theirs[name].right for name in same)
    print(f"of the {len(same)} same answers, the verdicts agree on {agreed}")
    for name in same:
        if ours[name].right != theirs[name].right:
            words = f"janus-bench {ours[name].right}, inspect-ai {theirs[name].right}"
            print(f"  {name}: {words}: {ours[name].answer.strip()[:80]!r}")


def _right(verdicts: Mapping[str, Verdict]) -> int:
    return sum(verdict.right for verdict in verdicts.values())


if __name__ == "__main__":
    sys.exit(main())
