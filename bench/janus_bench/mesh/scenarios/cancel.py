"""Clients that leave: how soon the competitor sees it, in each phase of an answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from janus_bench.mesh.figures import Quantiles
from janus_bench.mesh.load import Load
from janus_bench.mesh.mock_control import Mock
from janus_bench.mesh.results import Figure, Reading
from janus_bench.mesh.running import Running
from janus_bench.mesh.scenario import Case, Column, Options, Scenario, Stage, faults_of, milliseconds
from janus_bench.mesh.script import MOST_TOKENS, Script

_LEAVES_AFTER = 0.3
_LEAVING_PER_SECOND = 20
_SEEN_WITHIN = 2.0  # later than that counts as never
_LONG = 60.0


@dataclass(frozen=True, slots=True)
class _Phase:
    label: str
    script: Script
    stream: bool = True
    telling: bool = False  # enough for a quick look


_PHASES = (
    _Phase("before headers", Script(head=_LONG)),
    _Phase("before first token", Script(first=_LONG), telling=True),
    _Phase("mid-stream", Script(tokens=1000, gap=0.02), telling=True),
    _Phase("flooding", Script(tokens=MOST_TOKENS, gap=0.0)),
    _Phase("not streaming", Script(first=_LONG), stream=False),
)


def cases(options: Options) -> tuple[Case, ...]:
    shown = _PHASES if options.all_phases else [phase for phase in _PHASES if phase.telling]
    return tuple(_case(phase, options.cancels) for phase in shown)


def _case(phase: _Phase, clients: int) -> Case:
    def measure(running: Running, stage: Stage) -> Reading:
        return _measure(running, stage, phase, clients)

    return Case(phase.label, clients, 1, measure)


def _measure(running: Running, stage: Stage, phase: _Phase, clients: int) -> Reading:
    stage.mock.take_cancellations()
    open_over = clients / _LEAVING_PER_SECOND
    load = Load(
        endpoint=running.endpoint,
        script=phase.script,
        streams=clients,
        open_over=open_over,
        steady_by=0.0,
        steady=0.0,
        cut_after=_LEAVES_AFTER + 1.0,
        leave_after=_LEAVES_AFTER,
        stream=phase.stream,
    )
    outcome = stage.client.carry_out(load)
    seen = _seen(stage.mock, outcome.left_at)
    waits = [milliseconds(seen[id_] - left) for id_, left in outcome.left_at.items() if id_ in seen]
    # A client that left before the competitor was asked is neither seen nor missed.
    missed = outcome.left_at.keys() & set(stage.mock.active())
    figures = {Figure.CANCEL_MISSED: float(len(missed))}
    quantiles = Quantiles.of(waits)
    if quantiles:
        figures |= {Figure.CANCEL_P50: quantiles.p50, Figure.CANCEL_P99: quantiles.p99}
    return Reading(figures, faults=faults_of(outcome))


def _seen(mock: Mock, left_at: Mapping[str, float]) -> dict[str, float]:
    """When the competitor saw each client go, waiting a while for the last."""
    seen = mock.take_cancellations()
    deadline = max(left_at.values(), default=0.0) + _SEEN_WITHIN
    while not left_at.keys() <= seen.keys() and time.monotonic() < deadline:
        time.sleep(0.02)
        seen |= mock.take_cancellations()
    return seen


SCENARIO = Scenario(
    "cancel",
    "Client leaves -> competitor's work stops",
    (
        Column("p50 ms", Figure.CANCEL_P50),
        Column("p99 ms", Figure.CANCEL_P99),
        Column("never seen", Figure.CANCEL_MISSED, digits=0),
    ),
    cases,
)
