"""The figures of the sandbox bench."""

from janus_bench.sandbox.report import AIMS, summary, table


def test_percentiles_are_readings_that_were_taken() -> None:
    (figure,) = summary({"exec": [float(n) for n in range(1, 101)]}).values()
    assert (figure.p50, figure.p99, figure.worst, figure.count) == (50, 99, 100, 100)


def test_one_reading_is_every_percentile() -> None:
    (figure,) = summary({"exec": [3.0]}).values()
    assert (figure.p50, figure.p99, figure.worst) == (3, 3, 3)


def test_a_missed_aim_is_said() -> None:
    slow, quick = summary({"exec": [AIMS["exec"] + 1]}), summary({"exec": [AIMS["exec"]]})
    assert "missed" in table("bubblewrap", slow)
    assert "missed" not in table("bubblewrap", quick)
