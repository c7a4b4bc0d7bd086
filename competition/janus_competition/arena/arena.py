"""The arena's rules, over its repository."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence

from janus_competition.clients import ClientHash
from janus_mesh.errors import InvalidRequest, Unavailable

from .ballots import Verdict
from .drawing import draw
from .likeness import fingerprint
from .repository import Battle, Battles, Record, Voted
from .standings import NOBODY, Standings, standings
from .tickets import Tickets

_LONGEST_PROMPT = 8_000


class Arena:
    """One per process. Standings are made anew only when something was voted or drawn."""

    def __init__(self, battles: Battles, tickets: Tickets, *, seconds: float) -> None:
        self._battles = battles
        self._tickets = tickets
        self._seconds = seconds
        self._dice = random.SystemRandom()
        self._making = asyncio.Lock()
        self._stamp = (0, 0)
        self._standings = NOBODY
        self._met: Counter[frozenset[str]] = Counter()

    async def open(self, prompt: str, candidates: Sequence[str], client: ClientHash) -> tuple[Battle, str]:
        """A battle and its token. Raises `InvalidRequest`, `RateLimited`, `Unavailable` without two."""
        text = prompt.strip()
        if not text or len(text) > _LONGEST_PROMPT or "\0" in text:
            raise InvalidRequest(f"prompt: needs 1 to {_LONGEST_PROMPT} characters", param="prompt")
        if len(set(candidates)) < 2:
            raise Unavailable("a battle needs two healthy competitors", code="too_few_competitors")
        known = await self.standings()
        left, right = draw(candidates, known, self._met, self._dice)
        battle = Battle(f"btl_{uuid.uuid4().hex}", text, left, right, time.time() + self._seconds)
        await self._battles.open(battle, client)
        return battle, self._tickets.issue(battle.id, battle.expires_at)

    async def begin(self, token: str, side: str) -> tuple[str, str]:
        """Whom to ask for this side, and what."""
        battle = await self._battles.begin(self._tickets.battle_of(token), side)
        return (battle.left if side == "left" else battle.right), battle.prompt

    async def record(self, token: str, side: str, text: str, *, complete: bool) -> None:
        found = await asyncio.to_thread(fingerprint, text)
        await self._battles.record(self._tickets.battle_of(token), side, found, complete=complete)

    async def vote(self, token: str, verdict: Verdict, client: ClientHash) -> Voted:
        return await self._battles.vote(self._tickets.battle_of(token), verdict, client)

    async def standings(self) -> Standings:
        """As of now."""
        async with self._making:
            stamp = await self._battles.stamp()
            if stamp != self._stamp:
                record = await self._battles.everything()
                self._standings = await asyncio.to_thread(_made, record)
                self._met = Counter(frozenset((ballot.left, ballot.right)) for ballot in record.ballots)
                self._stamp = stamp
            return self._standings


def _made(record: Record) -> Standings:
    return standings(record.ballots, record.pairs, record.first_seen, record.excluded)
