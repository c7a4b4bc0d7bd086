"""Strengths from paired comparisons (Bradley and Terry 1952), by maximum likelihood.

The model: i beats j with probability p_i / (p_i + p_j). A tie is half a win for each. Solved by Newton's
method on log p, for many resamples at once. Everybody also has one tie against a phantom of strength 1, whose
rating is 1000: that keeps those who never lost finite, and one without votes has exactly its rating.

Intervals are those of a Bayesian bootstrap (Rubin 1981): each match weighs differently in each
resample. Unlike drawing with replacement it does not find a single vote certain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

MIDDLE = 1000.0
_POINTS_PER_TENFOLD = 400.0
_RESAMPLES = 300
_STEPS = 100
_SETTLED = 1e-9
# Change of log p in one step; more may overshoot where the likelihood is flat.
_LONGEST_STEP = 1.0


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison: who, against whom, what share of the point the first got, and how much it weighs."""

    one: str
    other: str
    share: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Strength:
    """On the scale of Elo, with the 95% interval of a bootstrap over the matches."""

    rating: float
    low: float
    high: float


def rate(names: Sequence[str], matches: Sequence[Match], seed: int = 0) -> dict[str, Strength]:
    """Everybody's strength. The same matches and seed give the same figures."""
    if not names:
        return {}
    place = {name: index for index, name in enumerate(names)}
    ratings = _likeliest(place, matches)
    drawn = _resamples(len(matches), len(names), seed)
    resampled = _ratings(_wins(place, matches, drawn.matches), drawn.phantom)
    # How all stand to the phantom together says nothing about who is better.
    resampled += ratings.mean() - resampled.mean(axis=1, keepdims=True)
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    return {
        name: Strength(
            float(ratings[index]),
            float(min(low[index], ratings[index])),
            float(max(high[index], ratings[index])),
        )
        for name, index in place.items()
    }


def ratings_alone(names: Sequence[str], matches: Sequence[Match]) -> dict[str, float]:
    """Everybody's rating, without its interval."""
    place = {name: index for index, name in enumerate(names)}
    return dict(zip(names, _likeliest(place, matches).tolist(), strict=True))


def chance(one: float, other: float) -> float:
    """How likely the first wins, by ratings."""
    return float(1 / (1 + 10 ** ((other - one) / _POINTS_PER_TENFOLD)))


@dataclass(frozen=True, slots=True)
class _Resamples:
    """How much each match weighs in each resample, and each half of the tie against the phantom."""

    matches: Matrix  # [resample, match]
    phantom: Matrix  # [resample, name, won and lost]


def _likeliest(place: dict[str, int], matches: Sequence[Match]) -> Matrix:
    whole = _Resamples(np.ones((1, len(matches))), np.ones((1, len(place), 2)))
    found: Matrix = _ratings(_wins(place, matches, whole.matches), whole.phantom)[0]
    return found


def _resamples(matches: int, names: int, seed: int) -> _Resamples:
    dice = np.random.default_rng(seed)
    return _Resamples(
        dice.standard_exponential((_RESAMPLES, matches)), dice.standard_exponential((_RESAMPLES, names, 2))
    )


def _wins(place: dict[str, int], matches: Sequence[Match], counts: Matrix) -> Matrix:
    """Points of each over each, for every resample: [resample, winner, loser]."""
    size = len(place)
    wins = np.zeros((len(counts), size, size))
    for index, match in enumerate(matches):
        one, other = place[match.one], place[match.other]
        wins[:, one, other] += counts[:, index] * match.weight * match.share
        wins[:, other, one] += counts[:, index] * match.weight * (1 - match.share)
    return wins


def _ratings(wins: Matrix, phantom: Matrix) -> Matrix:
    met = wins + wins.transpose(0, 2, 1)
    won = wins.sum(axis=2) + phantom[:, :, 0] / 2
    against_phantom = phantom.sum(axis=2) / 2
    logs = np.zeros(won.shape)
    diagonal = np.arange(logs.shape[1])
    for _ in range(_STEPS):
        beats = _logistic(logs[:, :, None] - logs[:, None, :])
        beats_phantom = _logistic(logs)
        gradient = won - (met * beats).sum(axis=2) - against_phantom * beats_phantom
        curvature = met * beats * (1 - beats)
        hessian = -curvature
        hessian[:, diagonal, diagonal] = curvature.sum(axis=2) + against_phantom * beats_phantom * (
            1 - beats_phantom
        )
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        largest = np.abs(step).max(axis=1, keepdims=True)
        logs = logs + step * np.minimum(1.0, _LONGEST_STEP / np.maximum(largest, _LONGEST_STEP))
        if largest.max() < _SETTLED:
            break
    rated: Matrix = MIDDLE + _POINTS_PER_TENFOLD * logs / np.log(10)
    return rated


def _logistic(logs: Matrix) -> Matrix:
    found: Matrix = 0.5 * (1 + np.tanh(logs / 2))  # does not overflow
    return found
