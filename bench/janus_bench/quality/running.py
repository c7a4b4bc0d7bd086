"""Carries out a run: asks each task of a suite, has the answer scored, and puts the record on disk.

What the target does wrong is scored 0 and the run goes on. It stops early when it is told to, which
drops what is in flight, or when what was spent reaches the limit, which lets that finish.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .journal import Journal
from .observation import Observation
from .record import AnswerRecord, ArtifactRecord, Stop, TaskRecord
from .runners import Runner
from .task import Answer, Score, Scoring, ScoringUnavailable, Task

_LONGEST_DATA_URL = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked how often, with which seed, and how many questions at a time."""

    tasks: Sequence[Task]
    seed: int
    repeat: int = 1
    concurrency: int = 4
    limit_cost_usd: float | None = None
    private: bool = False  # then neither questions nor how they are judged are written down

    def questions(self) -> Iterator[tuple[Task, int]]:
        for repeat in range(self.repeat):
            for task in self.tasks:
                yield task, repeat


@dataclass(slots=True)
class Progress:
    """Where a run stands."""

    records: list[TaskRecord] = field(default_factory=list)
    spent_usd: float = 0.0
    stopped: Stop | None = None

    def note(self, record: TaskRecord) -> None:
        self.records.append(record)
        self.spent_usd += record.cost_usd or 0.0


async def carry_out(
    plan: Plan,
    runner: Runner,
    scoring: Scoring,
    journal: Journal,
    *,
    before: Sequence[TaskRecord] = (),
    stop: asyncio.Event | None = None,
    watch: Callable[[TaskRecord], None] = lambda _: None,
) -> Progress:
    """Asks what `before` does not hold yet, until all is asked, `stop` is set or the money is spent."""
    progress = Progress()
    for record in before:
        progress.note(record)
    known = {(record.id, record.repeat) for record in before}
    questions = iter([q for q in plan.questions() if (q[0].id, q[1]) not in known])

    async def work() -> None:
        for task, repeat in questions:
            if plan.limit_cost_usd is not None and progress.spent_usd >= plan.limit_cost_usd:
                progress.stopped = "cost_limit"
                return
            record = await _answered(plan, runner, scoring, task, repeat)
            await journal.append(record)
            progress.note(record)
            watch(record)

    workers = [asyncio.create_task(work()) for _ in range(max(1, plan.concurrency))]
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        await _until_done(workers, stopping)
    finally:
        for task in (*workers, stopping):
            task.cancel()
        await asyncio.gather(*workers, stopping, return_exceptions=True)
    if stopping.done() and not stopping.cancelled():
        progress.stopped = "interrupted"
    return progress


async def _until_done(workers: "list[asyncio.Task[None]]", stopping: "asyncio.Task[bool]") -> None:
    """Returns when all work is done or `stopping` is; raises what a worker raised."""
    working = set(workers)
    while working and not stopping.done():
        done, _ = await asyncio.wait({*working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in working & done:
            task.result()
        working -= done


async def _answered(plan: Plan, runner: Runner, scoring: Scoring, task: Task, repeat: int) -> TaskRecord:
    request = asked(task, plan.seed + repeat)
    observation = await runner.ask(request)
    score, error = await _judged(scoring, task, observation.answer)
    return record_of(task, repeat, request, observation, score, error, private=plan.private)


def asked(task: Task, seed: int) -> dict[str, Any]:
    """The request that is sent: as repeatable as the target makes it, unless the suite says otherwise."""
    return {"temperature": 0, "seed": seed, **task.request}


async def _judged(scoring: Scoring, task: Task, answer: Answer) -> tuple[Score | None, str | None]:
    if answer.failure is not None:
        return Score(value=0.0, explanation=f"failed: {answer.failure.message}"), None
    try:
        return await scoring.score(task, answer), None
    except ScoringUnavailable as lacking:
        return None, str(lacking)


def record_of(
    task: Task,
    repeat: int,
    request: Mapping[str, Any],
    observation: Observation,
    score: Score | None,
    error: str | None,
    *,
    private: bool = False,
) -> TaskRecord:
    """Everything about one question, as it is written down."""
    usage = observation.usage
    if private and score is not None:
        score = Score(value=score.value, explanation="")
    return TaskRecord(
        id=task.id,
        benchmark=task.benchmark,
        category=task.category,
        modalities=tuple(sorted(task.modalities)),
        repeat=repeat,
        request={"sha256": _digest(repr(request).encode())} if private else _shortened(request),
        answer=_answer_record(observation.answer),
        events=tuple((event.t, event.kind, event.size) for event in observation.events),
        timing=observation.timing,
        usage=usage,
        cost_usd=usage.cost_usd if usage else None,
        score=score,
        error=error,
        competitor_id=observation.competitor_id,
    )


def _answer_record(answer: Answer) -> AnswerRecord:
    return AnswerRecord(
        content=answer.content,
        reasoning=answer.reasoning,
        tool_calls=answer.tool_calls,
        artifacts=tuple(
            ArtifactRecord(
                name=artifact.name,
                mime_type=artifact.mime_type,
                claimed_sha256=artifact.sha256,
                sha256=_digest(artifact.content),
                size_bytes=len(artifact.content),
            )
            for artifact in answer.artifacts
        ),
        finish_reason=answer.finish_reason,
        failure=answer.failure,
    )


def _shortened(value: Any) -> Any:
    """The same with long `data:` URLs replaced by their hash: pictures stand in the suite already."""
    if isinstance(value, str) and value.startswith("data:") and len(value) > _LONGEST_DATA_URL:
        return f"{value.partition(',')[0]},sha256:{_digest(value.encode())}"
    if isinstance(value, Mapping):
        return {name: _shortened(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(part) for part in value]
    return value


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
