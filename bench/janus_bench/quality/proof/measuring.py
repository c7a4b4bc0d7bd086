"""What the proof measures, against a running `proof.server`."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean

from janus_bench.mesh.script import Script
from janus_bench.quality.load.asking import open_asker
from janus_bench.quality.load.figures import Percentiles, figures_of
from janus_bench.quality.load.generator import carry_out
from janus_bench.quality.load.plan import Slo, Step
from janus_bench.quality.observation import Observation
from janus_bench.quality.runners import Bounds, Runner, Target, open_runner
from janus_mesh.errors import Unavailable

_STAMP = re.compile(r"t\d{6}@(\d{15})")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the server answers."""

    http: int
    grpc: int

    def targets(self) -> tuple[Target, Target]:
        return Target.parse(f"http://127.0.0.1:{self.http}"), Target.parse(f"grpc://127.0.0.1:{self.grpc}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFigures:
    """One transport: how late its stamps are, and the figures of its answers. Seconds."""

    transport: str
    error: Percentiles
    ttft: Percentiles
    itl: Percentiles
    latency: Percentiles


@contextmanager
def server() -> Iterator[Ports]:
    """Runs the server for the length of the block."""
    command = (sys.executable, "-m", "janus_bench.quality.proof.server")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            said = child.stdout.readline().split()
            if len(said) != 2:
                raise Unavailable("the server of the proof did not start")
            yield Ports(int(said[0]), int(said[1]))
        finally:
            child.terminate()


async def reader_figures(target: Target, script: Script, streams: int) -> ReaderFigures:
    """So many streams at a time, begun one by one so that their tokens do not come in step."""
    async with open_runner(target, Bounds()) as runner:
        await _observed(runner, Script(tokens=1))  # connections and code are warm then
        asked = [_later(runner, script, number * script.gap * (1 + 1 / streams)) for number in range(streams)]
        seen = await asyncio.gather(*asked)
    return ReaderFigures(
        transport=target.transport,
        error=_percentiles([error for answer in seen for error in stamp_errors(answer)]),
        ttft=_percentiles([answer.timing.ttft_s for answer in seen]),
        itl=_percentiles([answer.timing.itl_s for answer in seen]),
        latency=_percentiles([answer.timing.latency_s for answer in seen]),
    )


async def events_per_second(target: Target, seconds: float, streams: int) -> float:
    """What the load generator takes in when nothing waits."""
    script = Script(tokens=500, gap=0.0)
    asked = {"messages": [{"role": "user", "content": str(script)}]}
    step = Step(mode="closed", level=streams, seconds=seconds, warm_up=seconds / 4)
    async with open_asker(target, asked, Bounds()) as asker:
        return figures_of(await carry_out(step, asker), Slo()).events_per_second


async def _later(runner: Runner, script: Script, delay: float) -> Observation:
    await asyncio.sleep(delay)
    return await _observed(runner, script)


async def _observed(runner: Runner, script: Script) -> Observation:
    asked = {"messages": [{"role": "user", "content": str(script)}]}
    seen = await runner.ask(asked)
    if seen.answer.failure is not None:
        raise Unavailable(f"the server of the proof failed: {seen.answer.failure.message}")
    return seen


def stamp_errors(seen: Observation) -> list[float]:
    """How long after each token was written its event was stamped; the way over loopback is part of it."""
    written = [int(stamp) / 1e6 for stamp in _STAMP.findall(seen.answer.content)]
    stamped = [seen.sent_at + event.t for event in seen.events if event.kind == "content"]
    return [there - here for there, here in zip(stamped, written, strict=True)]


def _percentiles(values: list[float] | list[float | None]) -> Percentiles:
    found = Percentiles.of(values)
    assert found is not None
    return found


def clock_resolution() -> float:
    """Seconds between two readings of the clock that differ."""
    steps = []
    for _ in range(100):
        before = now = time.monotonic()
        while now == before:
            now = time.monotonic()
        steps.append(now - before)
    return fmean(steps)
