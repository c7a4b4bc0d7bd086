"""How long a crashed service waits before it is started again."""

import pytest

from janus_cli.backoff import Backoff


def test_delays_double_up_to_the_longest():
    backoff = Backoff(0.2, 30, 30, chance=lambda: 0)
    delays = [backoff.after(0) for _ in range(10)]
    assert delays[:4] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert delays[-2:] == [30, 30]


def test_a_long_life_starts_the_delays_anew():
    backoff = Backoff(0.2, 30, 30, chance=lambda: 0)
    backoff.after(1), backoff.after(1)
    assert backoff.after(30) == pytest.approx(0.2)


def test_jitter_takes_away_up_to_a_quarter():
    assert Backoff(4, 30, 30, chance=lambda: 1).after(0) == pytest.approx(3)
    assert 3 <= Backoff(4, 30, 30).after(0) <= 4
