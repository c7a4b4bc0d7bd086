"""The few statistics that a report is made of."""

import pytest

from janus_bench.mesh.figures import Quantiles, Spread, quantile


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([4.0, 3.0, 2.0, 1.0], 0.5, 2.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 1.0, 100),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_a_quantile_is_the_nearest_rank(values: list[float], q: float, expected: float) -> None:
    assert quantile(values, q) == expected


def test_there_is_no_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
    assert Quantiles.of([]) is None
    assert Spread.of([]) is None


def test_a_distribution_is_told_in_three_numbers() -> None:
    assert Quantiles.of([float(n) for n in range(200, 0, -1)]) == Quantiles(200, 100.0, 198.0, 200.0)


def test_rounds_are_told_by_their_median_and_range() -> None:
    assert Spread.of([5.0, 1.0, 3.0]) == Spread(3.0, 1.0, 5.0, 3)
    assert Spread.of([1.0, 2.0]) == Spread(1.5, 1.0, 2.0, 2)
