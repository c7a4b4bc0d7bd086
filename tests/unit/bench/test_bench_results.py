"""Comparisons are made within a round, and only then summed up."""

import math
from collections.abc import Sequence

from janus_bench.mesh.figures import Spread
from janus_bench.mesh.promises import judge
from janus_bench.mesh.results import Figure, Reading, Results, Sample

TTFT, CPU = Figure.TTFT_P50, Figure.CPU_US_PER_TOKEN


def rounds(target: str, figure: Figure, values: Sequence[float], case: str = "1 live") -> list[Sample]:
    return [
        Sample("ttft", case, target, number, Reading({figure: value})) for number, value in enumerate(values)
    ]


def test_what_is_added_is_taken_round_by_round() -> None:
    # A slow second round hits both alike: the differences agree, though the medians' difference is another.
    results = Results([*rounds("direct", TTFT, [1, 9, 2]), *rounds("envoy", TTFT, [2, 10, 4])])
    assert results.added("ttft", "1 live", "envoy", TTFT, "direct") == Spread(1, 1, 2, 3)


def test_a_ratio_is_taken_round_by_round() -> None:
    results = Results([*rounds("envoy", CPU, [20, 40]), *rounds("janus", CPU, [60, 100])])
    assert results.ratio("ttft", "1 live", "janus", CPU, "envoy") == Spread(2.75, 2.5, 3.0, 2)


def test_a_round_that_one_side_missed_is_left_out() -> None:
    results = Results([*rounds("direct", TTFT, [1, 1]), *rounds("envoy", TTFT, [3])])
    assert results.added("ttft", "1 live", "envoy", TTFT, "direct") == Spread(2, 2, 2, 1)
    assert results.ratio("ttft", "1 live", "envoy", TTFT, "nginx") is None


def test_against_nothing_at_all_any_figure_is_infinite() -> None:
    results = Results([*rounds("litellm", CPU, [0, 4]), *rounds("janus", CPU, [60, 100])])
    spread = results.ratio("ttft", "1 live", "janus", CPU, "litellm")
    assert spread is not None
    assert (spread.low, spread.high) == (25.0, math.inf)


def test_processes_are_told_by_their_medians() -> None:
    samples = [
        Sample("rate", "x", "janus", number, Reading({}, {"edge": edge, "shim": 3.0}))
        for number, edge in enumerate((1.0, 5.0, 2.0))
    ]
    assert Results(samples).parts("rate", "x", "janus") == {"edge": 2.0, "shim": 3.0}


def test_a_promise_is_judged_only_if_it_was_measured() -> None:
    results = Results([*rounds("direct", TTFT, [0.2]), *rounds("janus", TTFT, [3.2])])
    (verdict,) = judge(results, "janus")
    assert verdict.promise.bound == 4.0
    assert verdict.measured == 3.0
    assert verdict.promise.kept(verdict.measured)
    assert not verdict.promise.kept(4.5)


def test_a_promise_for_all_phases_is_judged_by_the_worst() -> None:
    figure = Figure.CANCEL_P99
    results = Results(
        [
            Sample("cancel", phase, "janus", 0, Reading({figure: value}))
            for phase, value in (("mid-stream", 20.0), ("flooding", 260.0))
        ]
    )
    (verdict,) = judge(results, "janus")
    assert verdict.measured == 260.0
    assert not verdict.promise.kept(verdict.measured)
