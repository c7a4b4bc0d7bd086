"""Judging one answer by one rule, as the bench does it."""

from collections.abc import Mapping
from typing import Any

from janus_bench.quality.scoring import Scorers
from janus_bench.quality.task import Answer, Score, Task


def task_with(scoring: Mapping[str, Any], question: str = "What is asked?") -> Task:
    return Task(
        id="test/one",
        benchmark="test",
        category="test",
        request={"messages": [{"role": "user", "content": question}]},
        scoring=scoring,
        accepted=(),
    )


async def judged(scoring: Mapping[str, Any], answer: str | Answer) -> Score:
    """The score of an answer where there is neither a sandbox nor a judge."""
    async with Scorers(sandbox=None, judge=None) as scorers:
        said = Answer(content=answer) if isinstance(answer, str) else answer
        return await scorers.score(task_with(scoring), said)


async def value(scoring: Mapping[str, Any], answer: str | Answer) -> float:
    return (await judged(scoring, answer)).value
