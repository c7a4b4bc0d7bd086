"""Whose votes count, and how much.

A voter whose votes no honest reading of answers explains is left out: nearly always the same side
although sides are drawn by lot, or for (or against) one competitor far beyond what all others say of it.
Whoever votes a lot weighs as much as `FULL_VOTES` votes together, so no single voter makes a ranking.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from .ballots import Ballot, Verdict

FULL_VOTES = 30
# Below so many votes nothing can be said about a voter, or about a competitor.
FEWEST = 10
# One honest voter in a hundred thousand looks so by chance.
_UNLIKELY = 1e-5


def suspicious(ballots: Sequence[Ballot]) -> set[str]:
    """Voters whose votes are left out.

    The least likely one goes first, and the rest are judged without its votes: a flood shifts what
    everybody seems to think, and honest voters would look odd beside it.
    """
    by_voter: defaultdict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        by_voter[ballot.voter].append(ballot)
    found: set[str] = set()
    while True:
        everybody = _Points([ballot for ballot in ballots if ballot.voter not in found])
        judged = {
            voter: _likelihood(own, everybody)
            for voter, own in by_voter.items()
            if voter not in found and len(own) >= FEWEST
        }
        worst = min(judged, key=judged.__getitem__, default=None)
        if worst is None or judged[worst] >= _UNLIKELY:
            return found
        found.add(worst)


def weights(ballots: Sequence[Ballot]) -> list[float]:
    """What each vote weighs."""
    counts: defaultdict[str, int] = defaultdict(int)
    for ballot in ballots:
        counts[ballot.voter] += 1
    return [min(1.0, FULL_VOTES / counts[ballot.voter]) for ballot in ballots]


class _Points:
    """What competitors won, by all and by one."""

    def __init__(self, ballots: Sequence[Ballot]) -> None:
        self._won: defaultdict[str, float] = defaultdict(float)
        self._fought: defaultdict[str, int] = defaultdict(int)
        for ballot in ballots:
            for name, share in ((ballot.left, ballot.left_share), (ballot.right, 1 - ballot.left_share)):
                self._won[name] += share
                self._fought[name] += 1

    def names(self) -> list[str]:
        return list(self._fought)

    def of(self, name: str) -> tuple[float, int]:
        return self._won.get(name, 0.0), self._fought.get(name, 0)


def _likelihood(own: Sequence[Ballot], everybody: _Points) -> float:
    """How likely an honest voter votes at least as oddly, by the oddest thing about it."""
    return min(_one_sided(own), _partial(own, everybody))


def _one_sided(own: Sequence[Ballot]) -> float:
    decided = [ballot for ballot in own if ballot.verdict in (Verdict.LEFT, Verdict.RIGHT)]
    left = sum(ballot.verdict is Verdict.LEFT for ballot in decided)
    return 2 * at_least(max(left, len(decided) - left), len(decided), 0.5)


def _partial(own: Sequence[Ballot], everybody: _Points) -> float:
    mine, least = _Points(own), 1.0
    for name in mine.names():
        won, fought = mine.of(name)
        all_won, all_fought = everybody.of(name)
        others = all_fought - fought
        if fought < FEWEST or others < FEWEST:
            continue
        expected = (all_won - won + 1) / (others + 2)
        for share, chance in ((won, expected), (fought - won, 1 - expected)):
            least = min(least, at_least(math.floor(share), fought, chance))
    return least


def at_least(successes: int, trials: int, chance: float) -> float:
    """How likely so many successes or more are, by the binomial distribution."""
    return sum(
        math.comb(trials, count) * chance**count * (1 - chance) ** (trials - count)
        for count in range(successes, trials + 1)
    )
