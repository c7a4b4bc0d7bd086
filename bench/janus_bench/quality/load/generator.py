"""Puts one step of load on a target and collects what became of every request."""

import asyncio
import time
from dataclasses import dataclass, field

from .asking import Asker
from .plan import Step
from .reading import Reading

_MOST_IN_FLIGHT = 10_000


@dataclass(slots=True)
class Outcome:
    """The readings of a step. What counts was due between `counts_from` and `ends_at` (monotonic seconds)."""

    step: Step
    counts_from: float
    ends_at: float
    readings: list[Reading] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.ends_at - self.counts_from

    def counted(self) -> list[Reading]:
        return [r for r in self.readings if self.counts_from <= r.intended_at < self.ends_at]


async def carry_out(step: Step, asker: Asker) -> Outcome:
    """One step, from its first request to its last answer."""
    began = time.monotonic()
    outcome = Outcome(step, began + step.warm_up, began + step.seconds)
    if step.mode == "open":
        await _open_loop(step, asker, began, outcome)
    else:
        await _closed_loop(step, asker, outcome)
    return outcome


async def _open_loop(step: Step, asker: Asker, began: float, outcome: Outcome) -> None:
    """Requests leave when they are due, however many are under way."""
    flying: dict[asyncio.Task[None], float] = {}

    async def ask(intended_at: float) -> None:
        outcome.readings.append(await asker.ask(intended_at))

    for offset in step.arrivals():
        due = began + offset
        # A yield at each turn, so that a timetable that is behind does not keep answers from being read.
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if len(flying) >= _MOST_IN_FLIGHT:
            outcome.readings.append(_never_sent(due))
            continue
        task = asyncio.create_task(ask(due))
        flying[task] = due
        task.add_done_callback(lambda done: flying.pop(done, None))
    await _drain(step, flying, outcome)


async def _closed_loop(step: Step, asker: Asker, outcome: Outcome) -> None:
    """So many callers, each of whom asks again when answered."""
    asked_at: dict[asyncio.Task[None], float] = {}

    async def caller() -> None:
        me = asyncio.current_task()
        assert me is not None
        while (now := time.monotonic()) < outcome.ends_at:
            asked_at[me] = now
            reading = await asker.ask(now)
            outcome.readings.append(reading)
            if reading.failure is not None and time.monotonic() - now < 0.01:
                await asyncio.sleep(0.01)  # a target that refuses at once is not hammered

    callers = [asyncio.create_task(caller()) for _ in range(int(step.level))]
    _, late = await asyncio.wait(callers, timeout=step.seconds + step.drain)
    await _give_up({task: asked_at[task] for task in late}, outcome)
    for task in callers:
        if not task.cancelled():
            task.result()


async def _drain(step: Step, flying: "dict[asyncio.Task[None], float]", outcome: Outcome) -> None:
    """Waits for answers, within bounds."""
    if flying:
        await asyncio.wait(set(flying), timeout=step.drain)
    await _give_up(dict(flying), outcome)


async def _give_up(late: "dict[asyncio.Task[None], float]", outcome: Outcome) -> None:
    """What is not answered by now counts as failed, with the time that it has taken."""
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    now = time.monotonic()
    for due in late.values():
        outcome.readings.append(_unfinished(due, now))


def _never_sent(due: float) -> Reading:
    return Reading(
        intended_at=due, sent_at=due, first_at=None, ended_at=due, tokens=None, events=0, failure="not_sent"
    )


def _unfinished(due: float, now: float) -> Reading:
    return Reading(
        intended_at=due, sent_at=due, first_at=None, ended_at=now, tokens=None, events=0, failure="unfinished"
    )
