"""From all votes to the table of ratings: `standings(...)`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import clones, crowds, voters
from .ballots import AnswerPair, Ballot
from .bradley_terry import Match, Strength, rate

BETWEEN_COPIES = "between_copies"
ANOMALOUS_VOTER = "anomalous_voter"
UNPROVEN_CROWD = "unproven_crowd"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one competitor stands. Votes, wins and ties are those that count."""

    competitor_id: str
    strength: Strength
    votes: int
    wins: int
    ties: int
    copy_of: str


@dataclass(frozen=True, slots=True)
class Standings:
    """The best first; how many votes count, and how many do not, by reason."""

    places: tuple[Standing, ...]
    votes: int
    excluded: Mapping[str, int]


NOBODY = Standings((), 0, {})


def standings(
    ballots: Sequence[Ballot],
    pairs: Sequence[AnswerPair],
    first_seen: Mapping[str, float],
    excluded: Mapping[str, int],
) -> Standings:
    """`first_seen` names everybody who was ever drawn; `excluded` counts votes refused when they came."""
    copies = clones.originals(pairs, first_seen)
    left_out = Counter(excluded)
    distrusted = voters.suspicious(ballots)
    counted = []
    for ballot in ballots:
        if ballot.voter in distrusted:
            left_out[ANOMALOUS_VOTER] += 1
        elif _original(ballot.left, copies) == _original(ballot.right, copies):
            left_out[BETWEEN_COPIES] += 1
        else:
            counted.append(ballot)
    waiting = crowds.held_back(counted)
    if waiting:
        left_out[UNPROVEN_CROWD] += len(waiting)
        counted = [ballot for place, ballot in enumerate(counted) if place not in waiting]
    matches = [
        Match(_original(ballot.left, copies), _original(ballot.right, copies), ballot.left_share, weight)
        for ballot, weight in zip(counted, voters.weights(counted), strict=True)
    ]
    names = sorted({_original(name, copies) for name in first_seen})
    strengths = rate(names, matches, seed=len(matches))
    tally = _Tally(counted)
    places = [
        tally.standing(name, strengths[_original(name, copies)], copies.get(name, "")) for name in first_seen
    ]
    places.sort(key=lambda place: (-place.strength.rating, place.copy_of != "", place.competitor_id))
    return Standings(tuple(places), len(counted), dict(left_out))


def _original(name: str, copies: Mapping[str, str]) -> str:
    return copies.get(name, name)


class _Tally:
    """Plain counts for people."""

    def __init__(self, ballots: Sequence[Ballot]) -> None:
        self._votes: Counter[str] = Counter()
        self._wins: Counter[str] = Counter()
        self._ties: Counter[str] = Counter()
        for ballot in ballots:
            for name, share in ((ballot.left, ballot.left_share), (ballot.right, 1 - ballot.left_share)):
                self._votes[name] += 1
                self._wins[name] += share == 1
                self._ties[name] += share == 0.5

    def standing(self, name: str, strength: Strength, copy_of: str) -> Standing:
        return Standing(name, strength, self._votes[name], self._wins[name], self._ties[name], copy_of)
