"""Publishing, the leaderboard, history and a run's details, over both databases."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from support.bundles import Signer, a_run
from support.competition_service import Competition, refusal, running_competition

from janus_mesh.errors import Conflict, InvalidRequest, NotFound, PermissionDenied
from janus_proto._gen.janus.competition.v1 import competition_pb2 as pb


@pytest.fixture
def publish(competition: Competition, signer: Signer) -> Any:
    def call(**run: Any) -> Any:
        return competition.runs.PublishRun(pb.PublishRunRequest(bundle_json=signer.bundle(a_run(**run))))

    return call


async def leaderboard(competition: Competition, suite: str = "") -> pb.GetLeaderboardResponse:
    return await competition.runs.GetLeaderboard(pb.GetLeaderboardRequest(suite=suite))


async def test_an_empty_service_has_an_empty_leaderboard(competition: Competition) -> None:
    assert await leaderboard(competition) == pb.GetLeaderboardResponse()


async def test_the_same_run_again_changes_nothing(competition: Competition, publish: Any) -> None:
    created = [(await publish()).created for _ in range(2)]
    assert created == [True, False]
    assert len((await leaderboard(competition)).entries) == 1


async def test_two_that_publish_one_run_at_once_publish_it_once(publish: Any) -> None:
    replies = await asyncio.gather(*(publish() for _ in range(4)))
    assert sorted(reply.created for reply in replies) == [False, False, False, True]


async def test_another_run_under_the_same_id_is_a_conflict(publish: Any) -> None:
    await publish(score=70)
    error = await refusal(publish(score=71))
    assert isinstance(error, Conflict)
    assert (error.param, error.code) == ("run.id", "run_exists")


async def test_a_refusal_names_its_field_across_the_wire(competition: Competition) -> None:
    stranger = pb.PublishRunRequest(bundle_json=Signer().bundle(a_run()))
    error = await refusal(competition.runs.PublishRun(stranger))
    assert isinstance(error, PermissionDenied)
    assert error.param == "public_key"


async def test_the_leaderboard_has_the_latest_run_of_each(competition: Competition, publish: Any) -> None:
    await publish(run_id="run_new", score=60, created_at="2026-11-21T00:00:00Z")
    await publish(run_id="run_old", score=90, created_at="2026-11-01T00:00:00+02:00")
    await publish(run_id="run_b", competitor="beta", score=75)
    found = await leaderboard(competition)
    assert [(entry.rank, entry.competitor_id, entry.run_id, entry.runs) for entry in found.entries] == [
        (1, "beta", "run_b", 1),
        (2, "alpha", "run_new", 2),
    ]
    assert found.entries[0].components["quality"].weight == 45
    assert found.entries[0].composite.low == 74


async def test_entries_that_cannot_be_told_apart_share_a_tier(competition: Competition, publish: Any) -> None:
    for name, score, half in (("a", 80, 3), ("b", 78, 3), ("c", 70, 1)):
        await publish(run_id=f"run_{name}", competitor=name, score=score, half=half)
    tiers = {entry.competitor_id: entry.tier for entry in (await leaderboard(competition)).entries}
    assert tiers == {"a": 1, "b": 1, "c": 2}


async def test_suites_are_ranked_apart_and_only_their_newest_version(
    competition: Competition, publish: Any
) -> None:
    await publish(run_id="run_1", digest="old")
    await publish(run_id="run_2", digest="new", competitor="beta")
    await publish(run_id="run_3", suite="public/train")
    found = await leaderboard(competition, "public/dev")
    assert ([entry.run_id for entry in found.entries], found.suite.digest) == (["run_2"], "new")
    assert list(found.suites) == ["public/dev", "public/train"]
    assert (await leaderboard(competition)).suite.name == "public/train"


async def test_a_choice_of_tasks_is_ranked_only_where_nobody_ran_all(
    competition: Competition, publish: Any
) -> None:
    await publish(run_id="run_few", digest="few", config={"subset": 2})
    assert [entry.run_id for entry in (await leaderboard(competition)).entries] == ["run_few"]
    await publish(run_id="run_all", digest="all")
    await publish(run_id="run_fewer", digest="few", config={"benchmark": "arithmetic"})
    assert [entry.run_id for entry in (await leaderboard(competition)).entries] == ["run_all"]


async def test_a_suite_that_nobody_ran_is_not_found(competition: Competition, publish: Any) -> None:
    await publish()
    error = await refusal(competition.runs.GetLeaderboard(pb.GetLeaderboardRequest(suite="none")))
    assert isinstance(error, NotFound)
    assert error.param == "suite"


async def test_history_goes_from_the_oldest_of_the_newest(competition: Competition, publish: Any) -> None:
    for day in (3, 1, 2):
        await publish(run_id=f"run_{day}", created_at=f"2026-11-0{day}T00:00:00Z", score=day)
    await publish(run_id="run_b", competitor="beta")
    asked = pb.ListHistoryRequest(suite="public/dev", competitor_id="alpha", limit=2)
    points = (await competition.runs.ListHistory(asked)).points
    assert [point.run_id for point in points] == ["run_2", "run_3"]


async def test_a_run_shows_how_each_task_went_and_nothing_that_was_said(
    competition: Competition, publish: Any, signer: Signer
) -> None:
    await publish()
    run = await competition.runs.GetRun(pb.GetRunRequest(run_id="run_1"))
    assert [(task.id, task.score, bool(task.error)) for task in run.tasks] == [
        ("arithmetic/1", 1.0, False),
        ("arithmetic/2", 0.0, True),
    ]
    assert run.benchmarks["arithmetic"].n == 2
    assert "2 + 2?" not in str(run)


@pytest.mark.parametrize("run_id", ["run_x", "", "a\0b"])
async def test_a_run_that_nobody_published_is_refused(competition: Competition, run_id: str) -> None:
    error = await refusal(competition.runs.GetRun(pb.GetRunRequest(run_id=run_id)))
    assert isinstance(error, NotFound | InvalidRequest)


async def test_what_was_published_outlives_the_process(
    tmp_path: Path, database_url: str, signer: Signer
) -> None:
    trusted = {"competition_trusted_keys": (signer.public_key,), "database_url": database_url}
    async with running_competition(tmp_path, **trusted) as first:
        await first.runs.PublishRun(pb.PublishRunRequest(bundle_json=signer.bundle(a_run())))
    async with running_competition(tmp_path, **trusted) as second:
        assert len((await leaderboard(second)).entries) == 1


async def test_replicas_that_start_at_once_make_the_tables_once(tmp_path: Path, database_url: str) -> None:
    async def start() -> int:
        async with running_competition(tmp_path, database_url=database_url) as one:
            return len((await leaderboard(one)).entries)

    assert await asyncio.gather(*(start() for _ in range(3))) == [0, 0, 0]


async def test_a_database_that_cannot_be_reached_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the database cannot be used"):
        async with running_competition(tmp_path, database_url="postgresql://janus@127.0.0.1:1/none"):
            pass
