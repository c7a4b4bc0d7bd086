"""Streams without pace: how many tokens a second get through when nobody waits, and who has to wait then."""

from janus_bench.mesh.load import Load
from janus_bench.mesh.results import Figure, Reading
from janus_bench.mesh.running import Running
from janus_bench.mesh.scenario import Case, Column, Options, Scenario, Stage, faults_of, latencies
from janus_bench.mesh.script import MOST_TOKENS, Script

_STREAMS = 32
_PATIENCE_SECONDS = 6.0


def cases(options: Options) -> tuple[Case, ...]:
    def measure(running: Running, stage: Stage) -> Reading:
        return _measure(running, stage, options.seconds)

    return (Case(f"{_STREAMS} streams", _STREAMS, options.rounds, measure),)


def _measure(running: Running, stage: Stage, seconds: float) -> Reading:
    load = Load(
        endpoint=running.endpoint,
        script=Script(tokens=MOST_TOKENS, gap=0.0),
        streams=_STREAMS,
        open_over=0.1,
        steady_by=_PATIENCE_SECONDS,
        steady=seconds,
    )
    trial = stage.client.begin(load)
    trial.await_steady(0)
    before = running.cpu()
    trial.await_steady(1)
    after = running.cpu()
    outcome = trial.outcome()
    figures = {**latencies(outcome), Figure.TOKENS_PER_SECOND: outcome.steady_tokens / seconds}
    if outcome.steady_tokens and before:
        used = sum(after.values()) - sum(before.values())
        figures[Figure.CPU_US_PER_TOKEN] = used * 1e6 / outcome.steady_tokens
    return Reading(figures, faults=faults_of(outcome))


SCENARIO = Scenario(
    "saturation",
    "Streams without pace",
    (
        Column("tokens/s", Figure.TOKENS_PER_SECOND, digits=0),
        Column("x envoy", Figure.TOKENS_PER_SECOND, "ratio", 2),
        Column("CPU us/token", Figure.CPU_US_PER_TOKEN),
        Column("TTFT p50 ms", Figure.TTFT_P50),
        Column("TTFT p99 ms", Figure.TTFT_P99),
        Column("token delay p99 ms", Figure.DELAY_P99),
    ),
    cases,
)
