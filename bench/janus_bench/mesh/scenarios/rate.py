"""Streams x rate: what a paced stream costs while so many are live."""

from collections.abc import Mapping

from janus_bench.mesh.load import Load, Outcome
from janus_bench.mesh.results import Figure, Reading
from janus_bench.mesh.running import Running
from janus_bench.mesh.scenario import Case, Column, Options, Scenario, Stage, faults_of, latencies
from janus_bench.mesh.script import MOST_TOKENS, Script

# Streams arrive as they would if each answer took eight seconds: 400 tokens at 50 a second.
_ANSWER_SECONDS = 8.0
_OPENED_PER_SECOND_AT_LEAST = 12.5
_MANY_STREAMS = 1000  # more are measured once: such a trial takes as long as several others
_PATIENCE_SECONDS = 5.0  # for the first tokens of targets that fell behind


def cases(options: Options) -> tuple[Case, ...]:
    return tuple(_case(streams, rate, options) for streams, rate in options.streams)


def _case(streams: int, rate: float, options: Options) -> Case:
    def measure(running: Running, stage: Stage) -> Reading:
        return _measure(running, stage, streams, rate, options.seconds)

    rounds = options.rounds if streams <= _MANY_STREAMS else 1
    return Case(f"{streams} x {rate:g}/s", streams, rounds, measure)


def _measure(running: Running, stage: Stage, streams: int, rate: float, seconds: float) -> Reading:
    open_over = min(streams / _OPENED_PER_SECOND_AT_LEAST, _ANSWER_SECONDS)
    load = Load(
        endpoint=running.endpoint,
        script=Script(tokens=MOST_TOKENS, gap=1 / rate),
        streams=streams,
        open_over=open_over,
        steady_by=open_over + _PATIENCE_SECONDS,
        steady=seconds,
    )
    trial = stage.client.begin(load)
    trial.await_steady(0)
    before = running.cpu()
    trial.await_steady(1)
    after = running.cpu()
    outcome = trial.outcome()
    used = {part: after[part] - before[part] for part in before}
    return Reading(
        _figures(outcome, used, offered=streams * rate * seconds),
        {part: cpu * 1e6 / outcome.steady_tokens for part, cpu in used.items() if outcome.steady_tokens},
        faults_of(outcome),
    )


def _figures(outcome: Outcome, used: Mapping[str, float], offered: float) -> dict[Figure, float]:
    figures = {**latencies(outcome), Figure.DELIVERED: 100 * outcome.steady_tokens / offered}
    if outcome.steady_tokens and used:
        figures[Figure.CPU_US_PER_TOKEN] = sum(used.values()) * 1e6 / outcome.steady_tokens
    return figures


SCENARIO = Scenario(
    "rate",
    "Paced streams",
    (
        Column("CPU us/token", Figure.CPU_US_PER_TOKEN),
        Column("x envoy", Figure.CPU_US_PER_TOKEN, "ratio", 2),
        Column("TTFT p50 ms", Figure.TTFT_P50),
        Column("added p50", Figure.TTFT_P50, "added"),
        Column("added p99", Figure.TTFT_P99, "added"),
        Column("gap p99 added", Figure.GAP_P99, "added"),
        Column("delay p99 ms", Figure.DELAY_P99),
        Column("delivered %", Figure.DELIVERED),
    ),
    cases,
    parts_title="by process, us/token",
)
