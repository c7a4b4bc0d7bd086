"""Crowds: many voters of few votes each, who together say of a competitor what nobody else does.

A voter of whom nothing can be said alone may be one of a hundred whom one hand moves. So newcomers, who
have fewer than `FEWEST` votes, are looked at together: for each competitor, what they gave it against
what the votes of all others make of the same battles (Bradley and Terry). Where that is too far apart for
chance and for taste, newcomers' votes on this competitor wait until others bear them out.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .ballots import Ballot
from .bradley_terry import Match, chance, ratings_alone
from .voters import FEWEST, weights

# What newcomers may differ by in taste: share of the points, of 1.
_TASTE = 0.15
# In standard deviations; one honest competitor in a hundred thousand looks so by chance.
_FAR = 4.4
# Fewer votes of known voters on a competitor say nothing that newcomers could be held to.
_KNOWN_VOTES = 30


@dataclass(frozen=True, slots=True)
class _Inflow:
    """What newcomers gave one competitor, and what was to be expected; in points over so many votes."""

    votes: int
    won: float
    expected: float
    known_votes: int

    @property
    def apart(self) -> float:
        """In standard deviations of a difference of two samples; 0 where it could be taste."""
        share = self.expected / self.votes
        if abs(self.won / self.votes - share) <= _TASTE:
            return 0.0
        spread = share * (1 - share) * self.votes * (1 + self.votes / self.known_votes)
        return abs(self.won - self.expected) / math.sqrt(spread)


def held_back(ballots: Sequence[Ballot]) -> set[int]:
    """Places of the ballots that wait. The competitor furthest apart goes first: its rivals lost by it."""
    counts = Counter(ballot.voter for ballot in ballots)
    newcomers = [place for place, ballot in enumerate(ballots) if counts[ballot.voter] < FEWEST]
    known = [ballot for ballot in ballots if counts[ballot.voter] >= FEWEST]
    known_votes = Counter(name for ballot in known for name in (ballot.left, ballot.right))
    judged = {name for name, votes in known_votes.items() if votes >= _KNOWN_VOTES}
    if not newcomers or len(judged) < 2:
        return set()
    matches = [
        Match(ballot.left, ballot.right, ballot.left_share, weight)
        for ballot, weight in zip(known, weights(known), strict=True)
    ]
    ratings = ratings_alone(sorted(known_votes), matches)
    held: set[int] = set()
    while True:
        left = [ballots[place] for place in newcomers if place not in held]
        apart = {name: one.apart for name, one in _inflows(left, judged, ratings, known_votes).items()}
        worst = max(apart, key=apart.__getitem__, default=None)
        if worst is None or apart[worst] < _FAR:
            return held
        held |= {place for place in newcomers if worst in (ballots[place].left, ballots[place].right)}


def _inflows(
    newcomers: Sequence[Ballot],
    judged: Collection[str],
    ratings: dict[str, float],
    known_votes: Counter[str],
) -> dict[str, _Inflow]:
    points: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for ballot in newcomers:
        if ballot.left in judged and ballot.right in judged:
            share = chance(ratings[ballot.left], ratings[ballot.right])
            points[ballot.left].append((ballot.left_share, share))
            points[ballot.right].append((1 - ballot.left_share, 1 - share))
    return {
        name: _Inflow(
            votes=len(all_),
            won=sum(won for won, _ in all_),
            expected=sum(expected for _, expected in all_),
            known_votes=known_votes[name],
        )
        for name, all_ in points.items()
    }
