"""A battle from its opening to the ratings, over both databases."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from support.competition_service import Competition, client, refusal, running_competition

from janus_mesh.errors import Conflict, InvalidRequest, RateLimited, Unavailable
from janus_proto._gen.janus.competition.v1 import arena_pb2 as pb

ANSWERS = {pb.SIDE_LEFT: "Paris, I should think.", pb.SIDE_RIGHT: "It is Lyon."}


async def opened(competition: Competition, address: str = "198.51.100.7", browser: str = "") -> str:
    request = pb.OpenBattleRequest(
        prompt="Capital of France?", competitor_ids=["alpha", "beta"], client=client(address, browser)
    )
    return (await competition.arena.OpenBattle(request)).token


async def answered(competition: Competition, token: str, **changes: Any) -> dict[int, str]:
    """Has both sides answer. Who stood where."""
    names = {}
    for side, text in ANSWERS.items():
        begun = await competition.arena.BeginAnswer(pb.BeginAnswerRequest(token=token, side=side))
        assert begun.prompt == "Capital of France?"
        names[side] = begun.competitor_id
        record = {"text": text, "complete": True} | changes
        await competition.arena.RecordAnswer(pb.RecordAnswerRequest(token=token, side=side, **record))
    return names


def vote(competition: Competition, token: str, verdict: int = pb.VERDICT_LEFT) -> Any:
    return competition.arena.CastVote(pb.CastVoteRequest(token=token, verdict=verdict, client=client()))


async def ratings(competition: Competition) -> pb.ListRatingsResponse:
    return await competition.arena.ListRatings(pb.ListRatingsRequest())


async def test_a_vote_reveals_who_they_were_and_moves_their_ratings(competition: Competition) -> None:
    token = await opened(competition)
    names = await answered(competition, token)
    shown = await vote(competition, token)
    assert (shown.left_competitor_id, shown.right_competitor_id) == (
        names[pb.SIDE_LEFT],
        names[pb.SIDE_RIGHT],
    )
    assert shown.counted
    found = await ratings(competition)
    assert [(place.competitor_id, place.wins) for place in found.ratings] == [
        (names[pb.SIDE_LEFT], 1),
        (names[pb.SIDE_RIGHT], 0),
    ]
    assert found.ratings[0].rating > 1000 > found.ratings[1].rating
    assert found.votes == 1


async def test_an_opened_battle_tells_nothing_of_its_competitors(competition: Competition) -> None:
    request = pb.OpenBattleRequest(prompt="Who?", competitor_ids=["alpha", "beta"], client=client())
    battle = str(await competition.arena.OpenBattle(request))
    assert "alpha" not in battle
    assert "beta" not in battle


async def test_there_is_one_vote_even_when_many_come_at_once(competition: Competition) -> None:
    token = await opened(competition)
    await answered(competition, token)
    replies = await asyncio.gather(*(vote(competition, token) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(reply, pb.CastVoteResponse) for reply in replies) == 1
    error = await refusal(vote(competition, token))
    assert isinstance(error, Conflict)
    assert error.code == "already_voted"


async def test_each_side_is_asked_once(competition: Competition) -> None:
    token = await opened(competition)
    asked = pb.BeginAnswerRequest(token=token, side=pb.SIDE_LEFT)
    await competition.arena.BeginAnswer(asked)
    assert (await refusal(competition.arena.BeginAnswer(asked))).code == "answer_begun"


async def test_nobody_votes_before_both_have_answered(competition: Competition) -> None:
    token = await opened(competition)
    assert (await refusal(vote(competition, token))).code == "answers_pending"
    for side in ANSWERS:
        await competition.arena.BeginAnswer(pb.BeginAnswerRequest(token=token, side=side))
    assert (await refusal(vote(competition, token))).code == "answers_pending"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"text": "  PARIS. "}, "identical_answers"), ({"complete": False}, "incomplete_answer")],
)
async def test_a_vote_between_equal_or_broken_answers_reveals_and_does_not_count(
    competition: Competition, change: dict[str, Any], reason: str
) -> None:
    token = await opened(competition)
    await answered(competition, token, **change)
    shown = await vote(competition, token)
    assert (shown.counted, shown.reason) == (False, reason)
    found = await ratings(competition)
    assert (found.votes, dict(found.excluded)) == (0, {reason: 1})


async def test_what_an_answer_said_first_stays_said(competition: Competition) -> None:
    token = await opened(competition)
    await answered(competition, token)
    late = pb.RecordAnswerRequest(token=token, side=pb.SIDE_LEFT, text="", complete=False)
    await competition.arena.RecordAnswer(late)
    assert (await vote(competition, token)).counted


async def test_a_token_of_somebody_elses_making_opens_nothing(competition: Competition) -> None:
    token = await opened(competition)
    header, payload, signature = token.split(".")
    for forged in ("", "x", f"{header}.{payload}.{signature[::-1]}"):
        error = await refusal(vote(competition, forged))
        assert isinstance(error, InvalidRequest)
        assert (error.param, error.code) == ("token", "invalid_token")


async def test_a_battle_expires(tmp_path: Path) -> None:
    async with running_competition(tmp_path, arena_battle_seconds=0.001) as competition:
        token = await opened(competition)
        # JWTs count whole seconds, and this one ended before it was read.
        error = await refusal(vote(competition, token))
    assert error.code == "battle_expired"


async def test_one_address_or_one_browser_opens_only_so_many_battles(competition: Competition) -> None:
    for place in range(4):
        await opened(competition, f"203.0.113.{place}", browser="b")
    asked = pb.OpenBattleRequest(
        prompt="?", competitor_ids=["a", "b"], client=client("203.0.113.99", browser="b")
    )
    error = await refusal(competition.arena.OpenBattle(asked))
    assert isinstance(error, RateLimited)
    assert 0 < error.retry_after <= 3600
    await opened(competition, "203.0.113.99", browser="another")


@pytest.mark.parametrize("names", [[], ["alpha"], ["alpha", "alpha"]])
async def test_a_battle_needs_two(competition: Competition, names: list[str]) -> None:
    request = pb.OpenBattleRequest(prompt="?", competitor_ids=names, client=client())
    error = await refusal(competition.arena.OpenBattle(request))
    assert isinstance(error, Unavailable)
    assert error.code == "too_few_competitors"


@pytest.mark.parametrize("prompt", ["", "  ", "x" * 8001, "a\0b"])
async def test_a_battle_needs_a_question(competition: Competition, prompt: str) -> None:
    request = pb.OpenBattleRequest(prompt=prompt, competitor_ids=["a", "b"], client=client())
    assert (await refusal(competition.arena.OpenBattle(request))).param == "prompt"


async def test_neither_addresses_nor_answers_are_stored_in_clear(tmp_path: Path) -> None:
    async with running_competition(tmp_path) as competition:
        token = await opened(competition, "198.51.100.7", browser="deadbeef")
        await answered(competition, token)
        await vote(competition, token)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())  # noqa: ASYNC240
    assert b"Capital of France?" in stored
    for secret in (b"198.51.100.7", b"deadbeef", b"Lyon"):
        assert secret not in stored
