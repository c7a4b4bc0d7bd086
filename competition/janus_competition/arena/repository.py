"""Battles, answers and votes in the database."""

import time
from dataclasses import dataclass

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from janus_competition.clients import ClientHash
from janus_competition.quota import require_room
from janus_competition.store.database import Database
from janus_competition.store.tables import answers, battles, votes
from janus_mesh.errors import Conflict, InvalidRequest, NotFound

from .ballots import AnswerPair, Ballot, Verdict
from .likeness import Fingerprint, same

_HOUR = 3_600.0
IDENTICAL = "identical_answers"
INCOMPLETE = "incomplete_answer"


@dataclass(frozen=True, slots=True)
class Battle:
    """Who meets whom on what."""

    id: str
    prompt: str
    left: str
    right: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Voted:
    """What a vote came to: `excluded` says why it does not count, and is empty when it does."""

    battle: Battle
    excluded: str


@dataclass(frozen=True, slots=True)
class Record:
    """All that ratings are made of."""

    ballots: list[Ballot]
    pairs: list[AnswerPair]
    first_seen: dict[str, float]
    excluded: dict[str, int]


class Battles:
    """Each method is one transaction."""

    def __init__(self, database: Database, *, per_hour: int) -> None:
        self._database = database
        self._per_hour = per_hour

    async def open(self, battle: Battle, client: ClientHash) -> None:
        """Raises `RateLimited`."""
        async with self._database.writing() as connection:
            quota = {"limit": self._per_hour, "seconds": _HOUR, "what": "battles an hour"}
            mine = battles.c.address == client.address
            await require_room(connection, battles.c.created_at, mine, **quota)  # type: ignore[arg-type]
            if client.browser:
                mine = battles.c.browser == client.browser
                await require_room(connection, battles.c.created_at, mine, **quota)  # type: ignore[arg-type]
            await connection.execute(
                insert(battles).values(
                    id=battle.id,
                    prompt=battle.prompt,
                    left_id=battle.left,
                    right_id=battle.right,
                    address=client.address,
                    browser=client.browser,
                    created_at=time.time(),
                    expires_at=battle.expires_at,
                )
            )

    async def begin(self, battle_id: str, side: str) -> Battle:
        """Raises `NotFound`, and `Conflict` when that side was asked for before."""
        try:
            async with self._database.writing() as connection:
                battle = await _battle(connection, battle_id)
                await connection.execute(
                    insert(answers).values(battle_id=battle_id, side=side, begun_at=time.time())
                )
        except IntegrityError:
            raise Conflict(
                "side: this answer was asked for before", param="side", code="answer_begun"
            ) from None
        return battle

    async def record(self, battle_id: str, side: str, found: Fingerprint, *, complete: bool) -> None:
        """Notes an answer's end, once; what comes later changes nothing."""
        ended = (
            update(answers)
            .where(answers.c.battle_id == battle_id, answers.c.side == side, answers.c.complete.is_(None))
            .values(complete=complete, digest=found.digest, simhash=found.simhash, words=found.words)
        )
        async with self._database.writing() as connection:
            await connection.execute(ended)

    async def vote(self, battle_id: str, verdict: Verdict, client: ClientHash) -> Voted:
        """Raises `NotFound`, `InvalidRequest` before both have answered, `Conflict` the second time."""
        try:
            async with self._database.writing() as connection:
                battle = await _battle(connection, battle_id)
                excluded = await _reason_to_exclude(connection, battle_id)
                await connection.execute(
                    insert(votes).values(
                        battle_id=battle_id,
                        verdict=verdict,
                        address=client.address,
                        browser=client.browser,
                        excluded=excluded,
                        created_at=time.time(),
                    )
                )
        except IntegrityError:
            raise Conflict(
                "token: this battle was voted on before", param="token", code="already_voted"
            ) from None
        return Voted(battle, excluded)

    async def stamp(self) -> tuple[int, int]:
        """Changes whenever the record does."""
        async with self._database.reading() as connection:
            cast = (await connection.execute(select(func.count()).select_from(votes))).scalar_one()
            opened = (await connection.execute(select(func.count()).select_from(battles))).scalar_one()
        return cast, opened

    async def everything(self) -> Record:
        left, right = answers.alias("one"), answers.alias("other")
        query = (
            select(battles, votes.c.verdict, votes.c.address.label("voter"), votes.c.excluded)
            .add_columns(*(left.c[name].label(f"left_{name}") for name in _FINGERPRINT))
            .add_columns(*(right.c[name].label(f"right_{name}") for name in _FINGERPRINT))
            .select_from(
                battles.outerjoin(votes, votes.c.battle_id == battles.c.id)
                .outerjoin(left, (left.c.battle_id == battles.c.id) & (left.c.side == "left"))
                .outerjoin(right, (right.c.battle_id == battles.c.id) & (right.c.side == "right"))
            )
            .order_by(battles.c.created_at)
        )
        async with self._database.reading() as connection:
            return _record(list(await connection.execute(query)))


_FINGERPRINT = ("complete", "digest", "simhash", "words")


def _record(rows: list[Row[tuple[object, ...]]]) -> Record:
    record = Record([], [], {}, {})
    for row in rows:
        for name in (row.left_id, row.right_id):
            record.first_seen.setdefault(name, row.created_at)
        if row.left_complete and row.right_complete:
            record.pairs.append(
                AnswerPair(
                    row.left_id,
                    row.right_id,
                    Fingerprint(row.left_digest, row.left_simhash, row.left_words),
                    Fingerprint(row.right_digest, row.right_simhash, row.right_words),
                )
            )
        if row.excluded:
            record.excluded[row.excluded] = record.excluded.get(row.excluded, 0) + 1
        elif row.verdict:
            record.ballots.append(Ballot(row.left_id, row.right_id, Verdict(row.verdict), row.voter))
    return record


async def _battle(connection: AsyncConnection, battle_id: str) -> Battle:
    row = (await connection.execute(select(battles).where(battles.c.id == battle_id))).one_or_none()
    if row is None:
        raise NotFound("there is no such battle", param="token")
    return Battle(row.id, row.prompt, row.left_id, row.right_id, row.expires_at)


async def _reason_to_exclude(connection: AsyncConnection, battle_id: str) -> str:
    rows = list(await connection.execute(select(answers).where(answers.c.battle_id == battle_id)))
    if len(rows) < 2 or any(row.complete is None for row in rows):
        raise InvalidRequest(
            "token: both answers must have ended before the vote", param="token", code="answers_pending"
        )
    if not all(row.complete for row in rows):
        return INCOMPLETE
    one, other = (Fingerprint(row.digest, row.simhash, row.words) for row in rows)
    return IDENTICAL if same(one, other) else ""
