"""Intervals that hold what they promise, differences that are paired, and the scores made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench_runs import failed, record, run_of, task, tasks

from janus_bench.quality import statistics
from janus_bench.quality.comparing import compare, rank
from janus_bench.quality.observation import Answering, Usage
from janus_bench.quality.references import Scale, references
from janus_bench.quality.running import record_of
from janus_bench.quality.scores import Sheet, earned, scored
from janus_bench.quality.statistics import Clusters, interval, means, resampled_means
from janus_bench.quality.task import Score, Task
from janus_mesh.errors import InvalidRequest


@pytest.mark.parametrize(
    ("free", "expected"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_students_t_is_as_in_the_tables(free: int, expected: float) -> None:
    assert statistics.t_quantile(0.975, free) == pytest.approx(expected, abs=1e-4)


def test_a_benchmark_of_several_categories_is_drawn_by_category_and_one_of_a_single_by_task() -> None:
    clusters = Clusters.of(["a", "a", "a", "b", "b"], ["x", "x", "y", "z", "z"])
    assert clusters.of_task.tolist() == [0, 0, 1, 2, 3]
    assert clusters.strata == ((0, 1), (2, 3))


def test_benchmarks_of_a_single_task_are_drawn_together() -> None:
    alone = Clusters.of(["a", "b", "c"], ["x", "x", "x"])
    assert alone.strata == ((0, 1, 2),)
    beside = Clusters.of(["a", "a", "b"], ["x", "y", "x"])
    assert beside.strata == ((0, 1, 2),)


def test_one_task_says_next_to_nothing() -> None:
    scores = scored([record(task())], 0)
    quality = scores.components.quality
    assert (quality.value, quality.low, quality.high) == (100, 0, 100)
    assert (
        compare(run_of([record(task(), 1.0)]), run_of([record(task(), 0.0)])).verdict == "indistinguishable"
    )


def test_every_benchmark_keeps_its_number_of_clusters_in_every_draw() -> None:
    clusters = Clusters.of(["a"] * 4 + ["b"] * 3, ["w", "x", "y", "z", "p", "q", "r"])
    drawn = clusters.draws(seed=1, replicates=200)
    assert (drawn[:, :4].sum(axis=1) == 4).all()
    assert (drawn[:, 4:].sum(axis=1) == 3).all()


def test_the_spread_of_the_draws_is_that_of_the_mean() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    clusters = Clusters.of(["a"] * 6, [str(number) for number in range(6)])
    spread = np.std(resampled_means(values, clusters, clusters.draws(0, 20_000)))
    assert spread == pytest.approx(np.std(values) / np.sqrt(6), rel=0.02)


@pytest.mark.parametrize(("categories", "size"), [(8, 4), (20, 3)])
def test_ninety_five_in_a_hundred_intervals_hold_the_truth(categories: int, size: int) -> None:
    random = np.random.default_rng(11)
    clusters = Clusters.of(["a"] * categories * size, [str(n // size) for n in range(categories * size)])
    drawn = clusters.draws(3, 600)
    held, trials = 0, 500
    for _ in range(trials):
        levels = np.repeat(random.normal(60, 12, categories), size)
        values = (levels + random.normal(0, 10, categories * size)).reshape(-1, 1)
        mean = float(means(values)[0])
        found = interval(mean, resampled_means(values, clusters, drawn)[:, 0], clusters.widening)
        held += found.low <= 60 <= found.high
    assert 0.92 <= held / trials <= 0.99


def test_ignoring_the_categories_would_promise_too_much() -> None:
    random = np.random.default_rng(5)
    levels = np.repeat(random.normal(60, 20, 10), 10)
    values = (levels + random.normal(0, 1, 100)).reshape(-1, 1)
    by_category = Clusters.of(["a"] * 100, [str(n // 10) for n in range(100)])
    by_task = Clusters.of(["a"] * 100, [str(n) for n in range(100)])
    widths = [np.std(resampled_means(values, c, c.draws(0))) for c in (by_category, by_task)]
    assert widths[0] > 2.5 * widths[1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 2**32))
def test_an_interval_holds_its_value_and_stays_within_bounds(worths: list[float], seed: int) -> None:
    scores = scored([record(task(n), worth) for n, worth in enumerate(worths)], seed)
    for figure in (scores.composite, scores.components.quality, scores.components.speed):
        assert 0 <= figure.low <= figure.value <= figure.high <= 100


def test_the_same_seed_gives_the_same_interval() -> None:
    records = [record(task(n, category=f"c{n}"), n**2 / 400) for n in range(20)]
    assert scored(records, 4) == scored(records, 4)
    assert scored(records, 4).composite != scored(records, 5).composite


def test_a_run_without_a_task_has_figures_of_nothing() -> None:
    scores = scored([], 0)
    assert (scores.composite.value, scores.components.quality.n) == (0, 0)


def test_a_scale_is_logarithmic_between_its_ends() -> None:
    scale = Scale(best=0.1, worst=10.0)
    assert [scale(x) for x in (0.0, 0.1, 1.0, 10.0, 99.0)] == pytest.approx([1, 1, 0.5, 0, 0])


def test_the_weights_are_those_of_the_contract() -> None:
    weights = references().weights
    assert (weights.quality, weights.speed, weights.cost) == (45, 20, 15)
    assert (weights.streaming, weights.modality) == (10, 10)


def test_the_best_answer_earns_everything() -> None:
    best = record(task(modalities=frozenset({"image"})), ttft=0.1, latency=0.2, tokens=11, cost=0.0)
    assert earned(best) == (100, 100, 100, 100, 100)


def test_a_wrong_answer_is_not_fast_only_wrong() -> None:
    wrong = record(task(modalities=frozenset({"image"})), 0.0, ttft=0.01, latency=0.02)
    assert earned(wrong) == (0, 0, 0, 0, 0)


def test_half_a_right_answer_earns_half() -> None:
    assert earned(record(task(), 0.5, ttft=0.1, latency=0.2, cost=0.0))[:4] == (50, 50, 50, 50)


def test_an_answer_that_looks_fast_and_cheap_scores_below_its_honest_twin() -> None:
    """Reasoning at once, the answer 8 s later, no usage but for one tiny call that was metered."""
    cheat, honest = Answering(), Answering()
    cheat.say(0.01, "reasoning", ".")
    for second in range(2, 8, 2):
        cheat.note(second, "ping")
    cheat.say(8.0, "content", "42")
    cheat.finish(8.0, "stop")
    cheat.usage = Usage(cost_usd=0.000001, source="reported")
    honest.say(0.01, "content", "42")
    honest.finish(0.02, "stop")
    right = Score(value=1.0, explanation="right")

    def composite(answering: Answering) -> float:
        observation = answering.observed(0.0, answering.events[-1].t)
        (asked,) = tasks(1)
        return run_of([record_of(asked, 0, asked.request, observation, right, None)]).composite.value

    assert composite(cheat) < composite(honest)


def test_a_cost_that_nobody_metered_is_not_called_cheap() -> None:
    assert earned(record(task(), cost=None))[2] == 0


def test_an_answer_that_comes_all_at_once_does_not_flow() -> None:
    long = record(task(), content="x" * 500, ttft=0.1, latency=0.2, tokens=100)
    assert earned(long)[3] == pytest.approx(100 * 2 / 3, abs=0.5)


def test_silence_costs_streaming() -> None:
    assert earned(record(task(), ttft=12.0, latency=13.0))[3] < 50


def test_a_component_that_no_task_measures_leaves_its_weight_to_the_others() -> None:
    records = [record(task(n), ttft=0.1, latency=0.2, cost=0.0) for n in range(8)]
    scores = scored(records, 0)
    assert (scores.components.modality.n, scores.composite.value) == (0, 100)


def test_repeats_of_a_task_are_one_task() -> None:
    records = [record(task(1), float(repeat), repeat) for repeat in range(2)]
    sheet = Sheet.of(records)
    assert (sheet.tasks, sheet.values[0, 0]) == (("task-1",), 50)


def test_a_failure_counts_and_what_was_not_scored_does_not() -> None:
    scores = scored([record(task(1)), failed(task(2)), record(task(3), None)], 0)
    assert (scores.components.quality.n, scores.components.quality.value) == (2, 50)


def test_a_run_is_indistinguishable_from_itself_and_nothing_varied() -> None:
    run = run_of(record(task(n), n % 2) for n in range(12))
    found = compare(run, run)
    assert (found.composite.value, found.verdict, found.effect) == (0, "indistinguishable", None)
    assert (found.varied.answers, found.varied.scores) == (0, 0)


def test_a_small_gap_that_is_there_in_every_task_is_told_from_none() -> None:
    levels = [n % 10 / 10 for n in range(40)]
    better = run_of(record(task(n), level + 0.1) for n, level in enumerate(levels))
    worse = run_of(record(task(n), level) for n, level in enumerate(levels))
    assert worse.composite.high > better.composite.low  # apart, the intervals overlap
    found = compare(better, worse)
    assert found.verdict == "the first is better"
    assert found.components["quality"].value == pytest.approx(10)
    assert (found.wins, found.losses) == (40, 0)
    assert compare(worse, better).composite.value == pytest.approx(-found.composite.value)


def test_a_coin_is_not_better_than_a_coin() -> None:
    random = np.random.default_rng(2)
    one, two = (run_of(record(task(n), float(random.random() < 0.5)) for n in range(40)) for _ in range(2))
    found = compare(one, two)
    assert found.verdict == "indistinguishable"
    assert found.varied.scores > 0


def test_only_common_tasks_are_compared() -> None:
    assert compare(run_of(map(record, tasks(8))), run_of(map(record, tasks(5)))).n == 5


def test_runs_without_a_common_task_are_not_compared() -> None:
    with pytest.raises(InvalidRequest, match="share no"):
        compare(run_of([record(task(1))]), run_of([record(task(2))]))


def _levels(level: float, model: str) -> object:
    asked: list[Task] = tasks(40)
    return run_of((record(t, min(1.0, level + n % 5 / 50)) for n, t in enumerate(asked)), model=model)


def test_runs_that_cannot_be_told_apart_share_a_tier() -> None:
    random = np.random.default_rng(3)
    coins = [
        run_of((record(task(n), float(random.random() < 0.5)) for n in range(40)), model=f"coin-{coin}")
        for coin in range(2)
    ]
    ranking = rank([*coins, _levels(0.9, "good"), _levels(0.0, "bad")])  # type: ignore[list-item]
    assert [place.tier for place in ranking.places] == [1, 2, 2, 3]
    assert (ranking.places[0].name, ranking.places[3].name) == ("good", "bad")


def test_a_ranking_that_hangs_on_one_task_is_said_to() -> None:
    even = [record(task(n), 0.5) for n in range(20)]
    lucky = run_of([record(task(0), 1.0), *even[1:]], model="lucky")
    steady = run_of([*even[:-1], record(task(19), 0.6)], model="steady")
    assert rank([steady, lucky]).fragility.dropped == (1,)


def test_a_ranking_that_hangs_on_no_task_is_said_to() -> None:
    ranking = rank([_levels(0.1, "bad"), _levels(0.8, "good")])  # type: ignore[list-item]
    assert (ranking.fragility.dropped, ranking.fragility.kept) == ((None,), 1.0)
