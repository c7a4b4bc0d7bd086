"""A run: every question asked and written down, whatever the target or the bench itself goes through."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import competitor_scripts as scripts
from support.bench_runs import Matching, carried_out, header, record, task, tasks, written
from support.http_competitor import HttpCompetitor, Reply

from janus_bench.quality.assembling import assembled
from janus_bench.quality.journal import Journal
from janus_bench.quality.record import parse, read, write
from janus_bench.quality.runners import Target, open_runner
from janus_bench.quality.running import Plan, asked, carry_out
from janus_mesh.errors import InvalidRequest

_BENCH = """
import asyncio, sys
from pathlib import Path
from support.bench_runs import carried_out, tasks
asyncio.run(carried_out(sys.argv[1], tasks(50), Path(sys.argv[2]), concurrency=2))
"""


async def test_each_question_is_asked_as_often_as_told_and_scored(tmp_path: Path) -> None:
    async with HttpCompetitor(scripts.tokens("hel", "lo")) as competitor:
        progress = await carried_out(competitor.url, tasks(3), tmp_path / "j", repeat=2)
    assert sorted((r.id, r.repeat) for r in progress.records) == sorted(
        (f"task-{number}", repeat) for number in range(3) for repeat in range(2)
    )
    assert {r.score.value for r in progress.records if r.score} == {1.0}
    assert progress.stopped is None


async def test_no_more_questions_are_open_than_told(tmp_path: Path) -> None:
    live = most = 0

    async def counting(reply: Reply) -> None:
        nonlocal live, most
        live += 1
        most = max(most, live)
        await asyncio.sleep(0.01)
        live -= 1
        await scripts.tokens("hello")(reply)

    async with HttpCompetitor(counting) as competitor:
        await carried_out(competitor.url, tasks(12), tmp_path / "j", concurrency=3)
    assert most <= 3


def test_a_request_is_repeatable_unless_the_suite_says_otherwise() -> None:
    assert asked(task(), 5)["seed"] == 5
    assert asked(task(), 5)["temperature"] == 0
    warm = task(request={"messages": [], "temperature": 1.0})
    assert asked(warm, 5)["temperature"] == 1.0


async def test_a_competitor_that_dies_half_way_leaves_a_valid_result_with_its_failures_scored(
    tmp_path: Path,
) -> None:
    answered = 0

    async def dying(reply: Reply) -> None:
        nonlocal answered
        answered += 1
        if answered > 5:
            await scripts.reset_mid_stream(reply)
        else:
            await scripts.tokens("hello")(reply)

    async with HttpCompetitor(dying) as competitor:
        progress = await carried_out(competitor.url, tasks(10), tmp_path / "j", concurrency=1)
    run = assembled(header(10), progress.records)
    assert read(_written(run, tmp_path)).composite == run.composite
    assert [r.worth for r in progress.records] == [1.0] * 5 + [0.0] * 5
    assert run.components.quality.value == 50
    failures = {r.answer.failure.code for r in run.tasks if r.answer.failure}
    assert failures == {"stream_cut"}


async def test_what_cannot_be_scored_here_is_named_and_left_out_of_the_figures(tmp_path: Path) -> None:
    unscorable = task(1, scoring={"kind": "code", "unavailable": True})
    async with HttpCompetitor(scripts.tokens("hello")) as competitor:
        progress = await carried_out(competitor.url, [unscorable, task(2)], tmp_path / "j")
    run = assembled(header(2), progress.records)
    assert (run.components.quality.n, run.components.quality.value) == (1, 100)
    assert [r.error for r in run.tasks] == ["no sandbox here", None]


async def test_a_run_that_is_stopped_drops_what_is_in_flight_and_keeps_the_rest(tmp_path: Path) -> None:
    stop = asyncio.Event()
    answered = 0

    async def stopping(reply: Reply) -> None:
        nonlocal answered
        answered += 1
        if answered == 4:
            stop.set()
            await reply.stall()
        await scripts.tokens("hello")(reply)

    async with HttpCompetitor(stopping) as competitor:
        progress = await carried_out(competitor.url, tasks(9), tmp_path / "j", stop=stop, concurrency=1)
    assert (len(progress.records), progress.stopped) == (3, "interrupted")
    assert assembled(header(9), progress.records, progress.stopped).config.stopped == "interrupted"


async def test_a_run_stops_when_the_money_is_spent(tmp_path: Path) -> None:
    payloads = [scripts.chunk({"content": "hello"}, finish="stop"), scripts.usage_chunk(cost_usd=0.4)]
    async with HttpCompetitor(scripts.chunks(payloads)) as competitor:
        progress = await carried_out(
            competitor.url, tasks(9), tmp_path / "j", limit_cost_usd=1.0, concurrency=1
        )
    assert (len(progress.records), progress.stopped) == (3, "cost_limit")
    assert progress.spent_usd == pytest.approx(1.2)


async def test_a_resumed_run_asks_only_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "j"
    async with HttpCompetitor(scripts.tokens("hello")) as competitor:
        await carried_out(competitor.url, tasks(3), path)
        competitor.requests.clear()
        journal, _, before = Journal.resume(path)
        async with open_runner(Target.parse(competitor.url)) as runner:
            plan = Plan(tasks=tasks(5), seed=7)
            progress = await carry_out(plan, runner, Matching(), journal, before=before)
        journal.close()
        assert len(competitor.requests) == 2
    assert len(progress.records) == 5
    assert len(written(path)) == 5


async def test_a_bench_that_is_killed_loses_the_tasks_in_flight_at_most(tmp_path: Path) -> None:
    path, taken = tmp_path / "j", 0
    tenth = asyncio.Event()

    async def counting(reply: Reply) -> None:
        nonlocal taken
        taken += 1
        if taken > 10:
            tenth.set()
            await reply.stall()
        await scripts.tokens("hello")(reply)

    async with HttpCompetitor(counting) as competitor:
        environment = {**os.environ, "PYTHONPATH": "tests"}
        bench = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _BENCH, competitor.url, str(path), env=environment, stderr=subprocess.PIPE
        )
        async with asyncio.timeout(30):
            await tenth.wait()
        bench.send_signal(signal.SIGKILL)
        await bench.wait()
    records = written(path)
    assert len(records) >= taken - 2
    assert len({r.id for r in records}) == len(records)


async def test_a_line_that_was_being_written_is_dropped_and_written_over(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j", header(2))
    await journal.append(record(task(1)))
    journal.close()
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"id": "task-2", "bench')
    journal, _, records = Journal.resume(tmp_path / "j")
    await journal.append(record(task(2)))
    journal.close()
    assert [r.id for r in records] == ["task-1"]
    assert [r.id for r in written(tmp_path / "j")] == ["task-1", "task-2"]


async def test_a_journal_with_a_bad_line_is_refused_by_its_number(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j", header(2))
    await journal.append(record(task(1)))
    journal.close()
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"id": "task-2"}\n')
    with pytest.raises(InvalidRequest, match="j:3: "):
        Journal.resume(tmp_path / "j")


def test_an_unfinished_run_is_never_written_over(tmp_path: Path) -> None:
    Journal.create(tmp_path / "j", header(1)).close()
    with pytest.raises(InvalidRequest, match="unfinished"):
        Journal.create(tmp_path / "j", header(1))


async def test_of_a_private_suite_neither_questions_nor_verdicts_are_written_down(tmp_path: Path) -> None:
    async with HttpCompetitor(scripts.tokens("hello")) as competitor:
        progress = await carried_out(competitor.url, tasks(1), tmp_path / "j", private=True)
    (kept,) = progress.records
    assert list(kept.request) == ["sha256"]
    assert kept.score is not None
    assert (kept.score.value, kept.score.explanation) == (1.0, "")
    assert b"question" not in (tmp_path / "j").read_bytes()


def test_long_pictures_are_kept_as_their_hash() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10_000}}
    kept = record(task(request={"messages": [{"role": "user", "content": [picture]}]}))
    url = kept.request["messages"][0]["content"][0]["image_url"]["url"]
    assert url.startswith("data:image/png;base64,sha256:")
    assert len(url) < 120


def _written(run: object, folder: Path) -> Path:
    path = folder / "run.json"
    parse(write(run, path))  # type: ignore[arg-type]
    return path
