"""Outlier ejection, with time in the test's hand."""

import pytest

from janus_router.breaker import LONGEST_SECONDS, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, seconds=10.0, clock=clock)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.failed(breaker.begin(), "broke")


def test_failures_in_a_row_eject(breaker):
    fail(breaker, 2)
    assert breaker.admits()

    assert breaker.failed(breaker.begin(), "the last straw")

    assert breaker.ejected
    assert not breaker.admits()
    assert breaker.remaining == 10.0
    assert breaker.reason == "the last straw"


def test_a_finish_between_failures_forgives_them(breaker):
    fail(breaker, 2)
    breaker.succeeded(breaker.begin())
    fail(breaker, 2)

    assert not breaker.ejected


def test_a_first_event_alone_forgives_nothing(breaker):
    for _ in range(3):
        token = breaker.begin()
        breaker.responded(token)
        breaker.failed(token, "broke after the first event")

    assert breaker.ejected


def test_what_says_nothing_of_the_competitor_changes_nothing(breaker):
    fail(breaker, 2)
    breaker.undecided(breaker.begin())
    fail(breaker)

    assert breaker.ejected


def test_when_its_time_is_over_one_exchange_is_the_trial(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0

    assert breaker.admits()
    breaker.begin()
    assert not breaker.admits()
    assert breaker.ejected


def test_a_trial_s_first_event_lets_others_in(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0
    breaker.responded(breaker.begin())

    assert not breaker.ejected
    assert breaker.admits()


def test_on_probation_one_failure_ejects_again(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0
    token = breaker.begin()
    breaker.responded(token)
    breaker.failed(token, "broke midway")

    assert breaker.remaining == 20.0


def test_a_finish_ends_the_probation(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0
    token = breaker.begin()
    breaker.responded(token)
    breaker.succeeded(token)
    fail(breaker, 2)

    assert not breaker.ejected


def test_a_trial_that_says_nothing_gives_way_to_another(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0
    breaker.undecided(breaker.begin())

    assert breaker.ejected
    assert breaker.admits()


def test_a_trial_that_did_not_reach_it_is_put_off_and_does_not_double_its_time(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0

    assert not breaker.failed(breaker.begin(), "no connection", reached=False)

    assert breaker.remaining == 1.0
    clock.now += 1.0
    fail(breaker)
    assert breaker.remaining == 20.0


def test_failures_to_reach_it_count_like_others_before_an_ejection(breaker):
    for _ in range(3):
        breaker.failed(breaker.begin(), "no connection", reached=False)

    assert breaker.ejected


def test_each_failed_trial_doubles_the_time_up_to_a_limit(breaker, clock):
    fail(breaker, 3)
    times = []
    for _ in range(7):
        times.append(breaker.remaining)
        clock.now += breaker.remaining
        fail(breaker)

    assert times == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, LONGEST_SECONDS]


def test_after_a_long_good_time_an_ejection_is_short_again(breaker, clock):
    fail(breaker, 3)
    clock.now += 10.0
    token = breaker.begin()
    breaker.responded(token)
    breaker.succeeded(token)
    clock.now += LONGEST_SECONDS
    fail(breaker, 3)

    assert breaker.remaining == 10.0


def test_exchanges_that_began_before_the_ejection_have_no_say_after_it(breaker, clock):
    late_failure, late_success = breaker.begin(), breaker.begin()
    fail(breaker, 3)
    clock.now += 10.0
    trial = breaker.begin()

    assert not breaker.failed(late_failure, "broke late")
    breaker.succeeded(late_success)
    breaker.responded(late_success)
    assert breaker.ejected

    breaker.responded(trial)
    assert not breaker.ejected


def test_news_that_it_is_well_brings_the_trial_forward(breaker):
    fail(breaker, 3)

    breaker.hasten()

    assert breaker.ejected
    assert breaker.admits()


def test_such_news_means_nothing_to_one_that_is_not_ejected(breaker):
    breaker.hasten()

    assert not breaker.ejected
