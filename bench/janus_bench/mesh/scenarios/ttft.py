"""Time to first token: short answers on kept connections, one at a time and with 32 live.

At 32 the answers are paced, so that the streams are live and not queueing for the CPU.
"""

from janus_bench.mesh.load import Load
from janus_bench.mesh.results import Figure, Reading
from janus_bench.mesh.running import Running
from janus_bench.mesh.scenario import Case, Column, Options, Scenario, Stage, faults_of, latencies
from janus_bench.mesh.script import Script

# streams -> the answer that each asks for again and again
_ANSWERS = {1: Script(tokens=2, gap=0.01), 32: Script(tokens=25, gap=0.02)}
_OPEN_SECONDS = 0.5
_PATIENCE_SECONDS = 2.0


def cases(options: Options) -> tuple[Case, ...]:
    return tuple(_case(streams, script, options) for streams, script in _ANSWERS.items())


def _case(streams: int, script: Script, options: Options) -> Case:
    def measure(running: Running, stage: Stage) -> Reading:
        return _measure(running, stage, streams, script, options.seconds)

    return Case(f"{streams} live", streams, options.rounds, measure)


def _measure(running: Running, stage: Stage, streams: int, script: Script, seconds: float) -> Reading:
    load = Load(
        endpoint=running.endpoint,
        script=script,
        streams=streams,
        open_over=_OPEN_SECONDS,
        steady_by=_OPEN_SECONDS,
        steady=seconds,
        cut_after=script.gap * script.tokens + _PATIENCE_SECONDS,
        repeat=True,
    )
    before = running.cpu()
    outcome = stage.client.carry_out(load)
    after = running.cpu()
    figures = latencies(outcome)
    asked = sum(outcome.endings.values())
    if asked and before:
        used = sum(after.values()) - sum(before.values())
        figures[Figure.CPU_US_PER_REQUEST] = used * 1e6 / asked
    return Reading(figures, faults=faults_of(outcome))


SCENARIO = Scenario(
    "ttft",
    "Time to first token",
    (
        Column("TTFT p50 ms", Figure.TTFT_P50, digits=2),
        Column("p99 ms", Figure.TTFT_P99, digits=2),
        Column("added p50", Figure.TTFT_P50, "added", 2),
        Column("added p99", Figure.TTFT_P99, "added", 2),
        Column("x envoy p50", Figure.TTFT_P50, "ratio", 2),
        Column("token delay p50 ms", Figure.DELAY_P50, digits=2),
        Column("CPU us/request", Figure.CPU_US_PER_REQUEST, digits=0),
    ),
    cases,
)
