"""The questions as a task of inspect-ai; `inspect eval` runs this in an environment of its own."""

import json
import os
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, accuracy, includes, match, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

_MESSAGES = {
    "system": ChatMessageSystem,
    "developer": ChatMessageSystem,
    "user": ChatMessageUser,
    "assistant": ChatMessageAssistant,
}


@task
def crosscheck() -> Task:
    """One sample for each question, scored by the rule that it names."""
    samples = [
        Sample(
            id=asked["id"],
            input=[_MESSAGES[message["role"]](content=message["content"]) for message in asked["input"]],
            target=asked["target"],
            metadata={"scorer": asked["scorer"], "max_tokens": asked["max_tokens"]},
        )
        for asked in json.loads(Path(os.environ["CROSSCHECK_SAMPLES"]).read_bytes())
    ]
    return Task(dataset=MemoryDataset(samples), solver=answering(), scorer=by_its_rule())


@solver
def answering() -> Solver:
    """Generates within the question's own limit."""

    async def solve(state: TaskState, generate_: Generate) -> TaskState:
        return await generate_(state, max_tokens=state.metadata["max_tokens"])

    return solve


@scorer(metrics=[accuracy()])
def by_its_rule() -> Scorer:
    """inspect-ai's own scorers, by name."""
    rules = {
        "includes": includes(ignore_case=True),
        "match": match(location="exact", ignore_case=True),
        "number": match(location="end", numeric=True),
    }

    async def score(state: TaskState, target: Target) -> Score | None:
        return await rules[state.metadata["scorer"]](state, target)

    return score
