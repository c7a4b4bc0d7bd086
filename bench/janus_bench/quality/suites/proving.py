"""Proves that every item can be trusted: what is right is accepted, and what is not is not.

For each item: its accepted answers reach its pass mark, its rejected ones do not, and neither do silence,
noise, the question itself, and the accepted answers of the other items of its benchmark.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from janus_bench.quality.scoring import pass_mark
from janus_bench.quality.scoring.judging import question_of
from janus_bench.quality.task import Answer, Scoring, ScoringUnavailable, Task

_WORDS = (
    "amber",
    "birch",
    "cobalt",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "hollow",
    "indigo",
    "juniper",
    "kelp",
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """An item that takes what it should not, or does not take what it should."""

    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it. An `unproven` item could not be judged here, for want of a sandbox or a judge."""

    items: int
    verdicts: int
    flaws: tuple[Flaw, ...]
    unproven: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """An answer whose verdict is known."""

    answer: Answer
    right: bool
    what: str


async def prove(
    tasks: Sequence[Task], scoring: Scoring, *, cross: bool = True, concurrency: int = 4
) -> Proof:
    """Judges all that an item must accept or refuse, for every item.

    Without `cross` the other items' answers are left out: of hundreds whose answer is a letter or a small
    number, some have the same one.
    """
    places = asyncio.Semaphore(concurrency)

    async def one(task: Task) -> tuple[int, list[Flaw], list[Flaw]]:
        async with places:
            return await _prove_task(task, tasks if cross else (), scoring)

    outcomes = await asyncio.gather(*(one(task) for task in tasks))
    return Proof(
        items=len(tasks),
        verdicts=sum(verdicts for verdicts, _, _ in outcomes),
        flaws=tuple(flaw for _, flaws, _ in outcomes for flaw in flaws),
        unproven=tuple(flaw for _, _, unproven in outcomes for flaw in unproven),
    )


async def _prove_task(
    task: Task, tasks: Sequence[Task], scoring: Scoring
) -> tuple[int, list[Flaw], list[Flaw]]:
    verdicts = 0
    flaws = [] if task.rejected else [Flaw(task.id, "has no rejected answer")]
    try:
        async for flaw in _tried(task, tasks, scoring):
            verdicts += 1
            flaws += [flaw] if flaw else []
    except ScoringUnavailable as missing:
        return verdicts, flaws, [Flaw(task.id, str(missing))]
    return verdicts, flaws, []


async def _tried(task: Task, tasks: Sequence[Task], scoring: Scoring) -> AsyncIterator[Flaw | None]:
    mark = pass_mark(task.scoring)
    for trial in _trials(task, tasks):
        score = await scoring.score(task, trial.answer)
        fits = (score.value >= mark) == trial.right
        said = "accepts" if score.value >= mark else "does not accept"
        yield None if fits else Flaw(task.id, f"{said} {trial.what}: {score.value:g}, {score.explanation}")


def _trials(task: Task, tasks: Sequence[Task]) -> Iterator[_Trial]:
    for number, answer in enumerate(task.accepted):
        yield _Trial(answer, True, f"accepted[{number}]")
    for number, answer in enumerate(task.rejected):
        yield _Trial(answer, False, f"rejected[{number}]")
    yield _Trial(Answer(), False, "an empty answer")
    yield _Trial(Answer(content=" \n", finish_reason="stop"), False, "an answer of nothing but space")
    for noise in _noise(task.id):
        yield _Trial(Answer(content=noise, finish_reason="stop"), False, f"the random answer {noise!r}")
    yield _Trial(Answer(content=question_of(task), finish_reason="stop"), False, "the question itself")
    for other in tasks:
        if other.benchmark == task.benchmark and other.id != task.id:
            for number, answer in enumerate(other.accepted):
                yield _Trial(answer, False, f"{other.id}'s accepted[{number}]")


def _noise(seed: str) -> Iterator[str]:
    """A sentence, a number, and a piece of JSON; always the same ones for the same item."""
    dice = random.Random(seed)  # noqa: S311  # no secret
    words = dice.sample(_WORDS, 8)
    yield " ".join(words).capitalize() + "."
    yield str(dice.randrange(10**6, 10**9))
    yield f'{{"{words[0]}": {dice.randrange(10**6)}}}'
