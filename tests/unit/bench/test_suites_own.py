"""The own items can be trusted: each takes its accepted answers, and nothing else that it is shown."""

import pytest
from support.scoring import task_with

from janus_bench.quality.scoring import Scorers
from janus_bench.quality.suites import Suite, load_suite, prove
from janus_bench.quality.suites.public import BENCHMARKS
from janus_bench.quality.task import Answer, Task

OWN = ("public/train", "public/dev")


@pytest.mark.parametrize("name", OWN)
async def test_every_item_takes_what_is_right_and_refuses_what_is_not(name: str) -> None:
    suite = load_suite(name)
    async with Scorers(sandbox=None, judge=None) as scorers:
        proof = await prove(suite.tasks, scorers)
    assert proof.flaws == ()
    # Code is proven where there is a sandbox: tests/integration/test_bench_code.py.
    assert {flaw.task.partition("/")[0] for flaw in proof.unproven} == {"code"}
    assert proof.verdicts > 10 * len(suite.tasks)


@pytest.mark.parametrize("name", OWN)
def test_every_benchmark_has_enough_items_of_several_categories(name: str) -> None:
    suite = load_suite(name)
    for benchmark in BENCHMARKS:
        tasks = [task for task in suite.tasks if task.benchmark == benchmark]
        assert len(tasks) >= (10 if name == "public/dev" else 6)
        assert len({task.category for task in tasks}) >= 3
        assert {task.licence for task in tasks} == {"own"}


def test_what_is_for_training_is_not_for_scoring() -> None:
    train, dev = (load_suite(name).tasks for name in OWN)
    assert not {task.id for task in train} & {task.id for task in dev}
    assert not {str(task.request) for task in train} & {str(task.request) for task in dev}


def item(scoring: dict[str, object], accepted: str = "yes", rejected: tuple[str, ...] = ("no",)) -> Task:
    plain = task_with(scoring, "Say it.")
    return Task(
        id=f"test/{accepted}",
        benchmark="test",
        category="test",
        request=plain.request,
        scoring=scoring,
        accepted=(Answer(content=accepted),),
        rejected=tuple(Answer(content=text) for text in rejected),
    )


async def flaws_of(*tasks: Task) -> list[str]:
    async with Scorers(sandbox=None, judge=None) as scorers:
        return [flaw.reason for flaw in (await prove(tasks, scorers)).flaws]


YES = {"kind": "exact", "any_of": ["yes"]}


async def test_a_sound_item_has_no_flaw() -> None:
    assert await flaws_of(item(YES)) == []


@pytest.mark.parametrize(
    ("task", "flaw"),
    [
        (item(YES, accepted="yes, sir"), "does not accept accepted[0]"),
        (item(YES, rejected=("no", "yes")), "accepts rejected[1]"),
        (item(YES, rejected=()), "has no rejected answer"),
        (item({"kind": "regex", "pattern": "^.+$"}, rejected=()), "accepts the random answer"),
        (
            item({"kind": "match", "any_of": ["it"], "where": "contains"}, accepted="it"),
            "accepts the question itself",
        ),
    ],
)
async def test_a_flaw_is_found(task: Task, flaw: str) -> None:
    assert any(reason.startswith(flaw) for reason in await flaws_of(task))


async def test_an_item_that_takes_anothers_answer_is_found() -> None:
    loose = item({"kind": "match", "any_of": ["yes", "indeed"]})
    flaws = await flaws_of(loose, item({"kind": "exact", "any_of": ["indeed"]}, accepted="indeed"))
    assert flaws == ["accepts test/indeed's accepted[0]: 1, gives 'indeed'"]


def test_a_digest_is_of_the_questions_and_their_judging_alone() -> None:
    one, two = item(YES), item({"kind": "exact", "any_of": ["indeed"]}, accepted="indeed")
    digest = Suite(name="a", tasks=(one, two)).digest
    assert Suite(name="b", tasks=(two, one)).digest == digest
    assert Suite(name="a", tasks=(item(YES, rejected=("nay",)), two)).digest == digest
    assert Suite(name="a", tasks=(item({**YES, "pass_mark": 0.5}), two)).digest != digest
    assert Suite(name="a", tasks=(one,)).digest != digest
