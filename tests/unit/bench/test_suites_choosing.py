"""Suites by name, by benchmark, and in part."""

from collections import Counter
from pathlib import Path

import pytest
from support.scoring import task_with

from janus_bench.quality.suites import SuiteError, SuiteUnavailable, load_suite, suites
from janus_bench.quality.suites.sampling import stratified
from janus_bench.quality.task import Task


@pytest.fixture(autouse=True)
def _without_open_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUS_BENCH_DATA", str(tmp_path / "no-data"))
    monkeypatch.delenv("JANUS_BENCH_PRIVATE_PATH", raising=False)


def tasks(**sizes: int) -> list[Task]:
    plain = task_with({})
    return [
        Task(
            id=f"{category}/{number}",
            benchmark="b",
            category=category,
            request=plain.request,
            scoring={},
            accepted=(),
        )
        for category, size in sizes.items()
        for number in range(size)
    ]


def categories(chosen: tuple[Task, ...]) -> Counter[str]:
    return Counter(task.category for task in chosen)


def test_every_category_has_its_share_of_a_sample() -> None:
    assert categories(stratified(tasks(large=60, small=20), 8, 1)) == {"large": 6, "small": 2}


def test_a_small_category_comes_before_a_second_of_a_large_one() -> None:
    assert categories(stratified(tasks(large=96, one=2, two=2), 5, 1)) == {"large": 3, "one": 1, "two": 1}


def test_a_sample_is_the_same_for_the_same_seed_in_any_order() -> None:
    pool = tasks(a=30, b=30)
    first = stratified(pool, 10, 7)
    assert stratified(pool, 10, 7) == first
    assert {task.id for task in stratified(pool[::-1], 10, 7)} == {task.id for task in first}
    assert {task.id for task in stratified(pool, 10, 8)} != {task.id for task in first}


def test_a_sample_keeps_the_order_and_never_exceeds_what_there_is() -> None:
    pool = tasks(a=3, b=3)
    assert stratified(pool, 99, 0) == tuple(pool)
    chosen = stratified(pool, 4, 0)
    assert list(chosen) == sorted(chosen, key=pool.index)


def test_as_many_places_as_benchmarks_are_one_for_each() -> None:
    suite = load_suite("public/dev", subset=8, seed=5)
    assert len({task.benchmark for task in suite.tasks}) == 8


@pytest.mark.parametrize("size", range(1, 12))
def test_a_sample_has_exactly_the_size_that_was_asked_for(size: int) -> None:
    assert len(stratified(tasks(a=7, b=3, c=1, d=1), size, 3)) == size


def test_one_benchmark_of_a_suite_can_be_chosen() -> None:
    suite = load_suite("public/dev", benchmark="cost", subset=5, seed=2)
    assert len(suite.tasks) == 5
    assert {task.benchmark for task in suite.tasks} == {"cost"}
    assert suite.digest != load_suite("public/dev", benchmark="cost").digest


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("public/prod", {}, "suite: there is no 'public/prod'; there are public/train, public/dev"),
        ("public/dev", {"benchmark": "chess"}, "benchmark: public/dev has no 'chess'; it has chat"),
        ("public/dev", {"subset": 0}, "subset: 0 is not at least 1"),
    ],
)
def test_what_is_not_there_is_named(name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(SuiteError) as refused:
        load_suite(name, **options)  # type: ignore[arg-type]
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("name", ["open/humaneval", "open/bfcl", "janus/intelligence"])
def test_a_suite_whose_data_is_missing_names_the_command_that_brings_it(name: str) -> None:
    with pytest.raises(SuiteUnavailable, match="run `make bench-data`"):
        load_suite(name)


def test_the_list_of_suites_tells_what_is_in_them_and_what_is_missing() -> None:
    listed = {summary.name: summary for summary in suites()}
    assert listed["public/dev"].available
    assert sum(listed["public/dev"].benchmarks.values()) == len(load_suite("public/dev").tasks)
    assert not listed["open/gsm8k"].available
    assert "make bench-data" in listed["open/gsm8k"].reason
    assert listed["open/gsm8k"].benchmarks == {"gsm8k": 100}
    assert "JANUS_BENCH_PRIVATE_PATH" in listed["private/test"].reason
