"""Who meets whom: by lot, and rather those of whom least is known."""

import random
from collections.abc import Mapping, Sequence
from itertools import combinations

from .bradley_terry import MIDDLE, chance
from .standings import Standings


def draw(
    candidates: Sequence[str], known: Standings, met: Mapping[frozenset[str], int], dice: random.Random
) -> tuple[str, str]:
    """Two of at least two different candidates, left and right.

    A pair's chance grows with how open its outcome is, 4p(1-p), and shrinks with how often it was voted on.
    """
    ratings = {place.competitor_id: place.strength.rating for place in known.places}
    pairs = list(combinations(sorted(set(candidates)), 2))
    weights = [
        _openness(ratings.get(one, MIDDLE), ratings.get(other, MIDDLE))
        / (1 + met.get(frozenset((one, other)), 0))
        for one, other in pairs
    ]
    pair = list(dice.choices(pairs, weights)[0])
    dice.shuffle(pair)
    return pair[0], pair[1]


def _openness(one: float, other: float) -> float:
    likely = chance(one, other)
    return max(4 * likely * (1 - likely), 0.01)
