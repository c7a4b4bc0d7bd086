"""Idle streams: what one costs that is open and says nothing but keep-alives.

It runs first, on targets just started: memory that an earlier load left behind would be filled anew.
"""

from collections.abc import Mapping

from janus_bench.mesh.load import Load
from janus_bench.mesh.results import Figure, Reading
from janus_bench.mesh.running import Running
from janus_bench.mesh.scenario import Case, Column, Options, Scenario, Stage, faults_of
from janus_bench.mesh.script import Script

_WARM_STREAMS = 16
_OPENED_PER_SECOND = 200
_PING_SECONDS = 15.0
_PATIENCE_SECONDS = 10.0
_FOR_EVER = 86_400.0


def cases(options: Options) -> tuple[Case, ...]:
    def measure(running: Running, stage: Stage) -> Reading:
        return _measure(running, stage, options.idle_streams, options.idle_seconds)

    label = f"{options.idle_streams} idle, {options.idle_seconds:g} s"
    return (Case(label, options.idle_streams, 1, measure),)


def _measure(running: Running, stage: Stage, streams: int, seconds: float) -> Reading:
    _warm(running, stage)
    open_over = streams / _OPENED_PER_SECOND
    load = Load(
        endpoint=running.endpoint,
        script=Script(tokens=2, gap=_FOR_EVER, ping=_PING_SECONDS),
        streams=streams,
        open_over=open_over,
        steady_by=open_over + _PATIENCE_SECONDS,
        steady=seconds,
    )
    empty = running.resident()
    trial = stage.client.begin(load)
    trial.await_steady(1 / 4)
    early, before = running.resident(), running.cpu()
    trial.await_steady(1)
    late, after = running.resident(), running.cpu()
    outcome = trial.outcome()
    held = 100 * (outcome.endings.get("cut", 0) - outcome.unanswered) / streams
    figures = {Figure.STREAMS_HELD: held, Figure.PINGS: outcome.pings / streams}
    taken = _per_stream(empty, late, streams)
    if taken:
        figures[Figure.RSS_KIB_PER_STREAM] = sum(taken.values())
        figures[Figure.RSS_GROWTH] = sum(_per_stream(early, late, streams).values())
        used = sum(after.values()) - sum(before.values())
        figures[Figure.IDLE_CPU] = 100 * used / (seconds * 3 / 4)
    return Reading(figures, taken, faults_of(outcome))


def _per_stream(before: Mapping[str, int], after: Mapping[str, int], streams: int) -> dict[str, float]:
    """KiB that each process took for one stream."""
    return {part: (after[part] - before[part]) / 1024 / streams for part in before}


def _warm(running: Running, stage: Stage) -> None:
    """Lets the target load what it loads on first use."""
    load = Load(
        endpoint=running.endpoint,
        script=Script(tokens=20, gap=0.01),
        streams=_WARM_STREAMS,
        open_over=0.1,
        steady_by=1.0,
        steady=0.0,
        cut_after=2.0,
    )
    stage.client.carry_out(load)


SCENARIO = Scenario(
    "idle",
    "Idle streams",
    (
        Column("RSS KiB/stream", Figure.RSS_KIB_PER_STREAM),
        Column("growth KiB/stream", Figure.RSS_GROWTH),
        Column("CPU % of a core", Figure.IDLE_CPU),
        Column("keep-alives/stream", Figure.PINGS),
        Column("held %", Figure.STREAMS_HELD),
    ),
    cases,
    parts_title="by process, KiB/stream",
)
