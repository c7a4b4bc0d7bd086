"""Small suites, a scorer that anybody can follow, and runs made of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from janus_bench.quality.assembling import assembled, new_header
from janus_bench.quality.journal import Header, Journal
from janus_bench.quality.observation import Answering, Event, Observation, Usage
from janus_bench.quality.record import Config, Run, SuiteRecord, TaskRecord
from janus_bench.quality.runners import Target, open_runner
from janus_bench.quality.runners.bounds import Bounds
from janus_bench.quality.runners.failures import unreachable
from janus_bench.quality.running import Plan, Progress, carry_out, record_of
from janus_bench.quality.task import Answer, Score, ScoringUnavailable, Task
from janus_bench.quality.timing import timing_of


class Matching:
    """1 when the answer's text is the task's `expected`, else 0; `unavailable` when the task says so."""

    async def score(self, task: Task, answer: Answer) -> Score:
        if task.scoring.get("unavailable"):
            raise ScoringUnavailable("no sandbox here")
        right = answer.content.strip() == task.scoring["expected"]
        return Score(value=float(right), explanation="as expected" if right else "something else")


def task(number: int = 1, expected: str = "hello", **fields: object) -> Task:
    """A task that asks for `expected`."""
    values: dict[str, object] = {
        "id": f"task-{number}",
        "benchmark": "chat",
        "category": f"category-{number % 4}",
        "request": {"messages": [{"role": "user", "content": f"question {number}"}]},
        "scoring": {"kind": "exact", "expected": expected},
        "accepted": (Answer(content=expected),),
    }
    return Task(**{**values, **fields})  # type: ignore[arg-type]


def tasks(count: int, **fields: object) -> list[Task]:
    return [task(number, **fields) for number in range(count)]  # type: ignore[arg-type]


def header(count: int, target: Target | None = None, seed: int = 7) -> Header:
    return new_header(
        SuiteRecord(name="public/dev", digest="0" * 64, tasks=count),
        target or Target.parse("http://127.0.0.1:1"),
        Config(),
        seed,
    )


def observed(
    content: str = "hello",
    *,
    ttft: float = 0.2,
    latency: float = 1.0,
    tokens: int = 11,
    cost: float | None = 0.0005,
    competitor: str = "",
) -> Observation:
    """An answer in two pieces, with usage."""
    events = [Event(ttft, "content", 1), Event(latency, "content", max(0, len(content) - 1))]
    usage = Usage(
        prompt_tokens=5,
        completion_tokens=tokens,
        total_tokens=tokens + 5,
        cost_usd=cost,
        source="metered" if cost is not None else "reported",
    )
    return Observation(
        answer=Answer(content=content, finish_reason="stop"),
        sent_at=0.0,
        events=tuple(events),
        timing=timing_of(events, latency, tokens),
        usage=usage,
        competitor_id=competitor,
    )


def record(asked: Task, value: float | None = 1.0, repeat: int = 0, **how: object) -> TaskRecord:
    """The record of an answer that was worth `value`."""
    score = None if value is None else Score(value=value, explanation="as told")
    return record_of(asked, repeat, asked.request, observed(**how), score, None)  # type: ignore[arg-type]


def run_of(records: Iterable[TaskRecord], *, model: str = "janus", seed: int = 7) -> Run:
    kept = list(records)
    return assembled(header(len(kept), Target.parse("http://127.0.0.1:1", model=model), seed), kept)


def failed(asked: Task) -> TaskRecord:
    """The record of a question whose answer never came."""
    answering = Answering()
    answering.fail(0.0, unreachable("refused"))
    return record_of(
        asked, 0, asked.request, answering.observed(0.0, 0.1), Score(value=0.0, explanation="failed"), None
    )


@asynccontextmanager
async def asking(
    url: str, bounds: Bounds | None = None
) -> AsyncIterator[Callable[[], Awaitable[Observation]]]:
    """Asks `url` one question, for the length of the block."""
    async with open_runner(Target.parse(url), bounds) as runner:
        yield partial(runner.ask, {"messages": [{"role": "user", "content": "hello"}]})


async def carried_out(
    url: str,
    questions: Sequence[Task],
    path: Path,
    *,
    stop: asyncio.Event | None = None,
    **how: object,
) -> Progress:
    """A whole run of these questions, its journal at `path`."""
    target = Target.parse(url)
    journal = Journal.create(path, header(len(questions), target))
    try:
        async with open_runner(target, Bounds(connect_seconds=5, total_seconds=20)) as runner:
            plan = Plan(tasks=questions, seed=7, **how)  # type: ignore[arg-type]
            return await carry_out(plan, runner, Matching(), journal, stop=stop)
    finally:
        journal.close()


def written(path: Path) -> list[TaskRecord]:
    """The records that a journal holds."""
    journal, _, records = Journal.resume(path)
    journal.close()
    return records
