"""What Janus promises of itself, held against a run: a bound, what was measured, whether it was kept.

A promise that the run did not measure is left out, and none of them decides the exit code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .results import Figure, Results

_ENVOY, _LITELLM, _PORTKEY, _DIRECT = "envoy", "litellm", "portkey", "direct"


@dataclass(frozen=True, slots=True)
class Promise:
    """A bound on one number of a run; `measured` gives the number for a target."""

    text: str
    bound: float
    measured: Callable[[Results, str], float | None]
    at_least: bool = False  # else at most

    def kept(self, measured: float) -> bool:
        return measured >= self.bound if self.at_least else measured <= self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """One promise and what became of it."""

    promise: Promise
    measured: float


def judge(results: Results, target: str) -> Iterator[Verdict]:
    """The verdict on every promise that the run measured on `target`."""
    for promise in PROMISES:
        measured = promise.measured(results, target)
        if measured is not None:
            yield Verdict(promise, measured)


def _ratio(scenario: str, case: str, figure: Figure, to: str) -> Callable[[Results, str], float | None]:
    def measured(results: Results, target: str) -> float | None:
        spread = results.ratio(scenario, case, target, figure, to)
        return spread.median if spread else None

    return measured


def _added(scenario: str, case: str, figure: Figure) -> Callable[[Results, str], float | None]:
    def measured(results: Results, target: str) -> float | None:
        spread = results.added(scenario, case, target, figure, _DIRECT)
        return spread.median if spread else None

    return measured


def _worst(scenario: str, figure: Figure) -> Callable[[Results, str], float | None]:
    """The largest median of any case."""

    def measured(results: Results, target: str) -> float | None:
        spreads = (results.value(scenario, case, target, figure) for case in results.cases(scenario))
        return max((spread.median for spread in spreads if spread), default=None)

    return measured


_CPU, _TTFT = Figure.CPU_US_PER_TOKEN, Figure.TTFT_P50
PROMISES = (
    Promise("100 x 50/s: CPU per token, times envoy's", 3.0, _ratio("rate", "100 x 50/s", _CPU, _ENVOY)),
    Promise("100 x 50/s: CPU per token, times portkey's", 1.0, _ratio("rate", "100 x 50/s", _CPU, _PORTKEY)),
    Promise("100 x 50/s: CPU per token, times litellm's", 0.1, _ratio("rate", "100 x 50/s", _CPU, _LITELLM)),
    Promise("400 x 50/s: CPU per token, times envoy's", 2.0, _ratio("rate", "400 x 50/s", _CPU, _ENVOY)),
    Promise("400 x 50/s: TTFT p50, times envoy's", 4.0, _ratio("rate", "400 x 50/s", _TTFT, _ENVOY)),
    Promise(
        "no pace: tokens/s, times litellm's",
        25.0,
        _ratio("saturation", "32 streams", Figure.TOKENS_PER_SECOND, _LITELLM),
        at_least=True,
    ),
    Promise("1 live: TTFT p50 added over direct, ms", 4.0, _added("ttft", "1 live", _TTFT)),
    Promise("idle: RSS per stream, KiB", 60.0, _worst("idle", Figure.RSS_KIB_PER_STREAM)),
    Promise("client leaves, any phase: p99 until work stops, ms", 250.0, _worst("cancel", Figure.CANCEL_P99)),
    Promise("client leaves, any phase: never seen", 0.0, _worst("cancel", Figure.CANCEL_MISSED)),
)
