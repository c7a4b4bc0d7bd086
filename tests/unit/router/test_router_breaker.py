"""The circuit breaker of one competitor, with time in the test's hand."""

import pytest

from janus_router.ejection import Breaker, Rules
from janus_router.ejection.breaker import LONGEST_SECONDS


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def breaker_with(clock: Clock, **rules: float) -> Breaker:
    chosen = {"failures": 3, "callers": 2, "seconds": 10.0, "window": 60.0, "probes_per_second": 0.5, **rules}
    return Breaker(Rules(**chosen), clock)


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return breaker_with(clock)


def fail(breaker: Breaker, *callers: str) -> bool:
    """One failed request of each caller in turn; whether the last one ejected."""
    ejected = False
    for caller in callers:
        ejected = breaker.failed(breaker.begin(caller), code="competitor_failed")
    return ejected


def succeed(breaker: Breaker, *callers: str) -> None:
    for caller in callers:
        ticket = breaker.begin(caller)
        breaker.responded(ticket)
        breaker.succeeded(ticket)


def test_failures_of_several_callers_eject(breaker):
    fail(breaker, "ann", "bob")
    assert breaker.admits()

    assert fail(breaker, "ann")

    assert breaker.ejected
    assert not breaker.admits()
    assert breaker.remaining == 10.0
    assert breaker.reason == "after 3 failures of 2 callers, the last one `competitor_failed`"


def test_one_caller_alone_never_ejects(breaker):
    fail(breaker, *["ann"] * 1000)

    assert not breaker.ejected


def test_a_single_failure_never_ejects_where_two_callers_are_required(clock):
    breaker = breaker_with(clock, failures=1)
    fail(breaker, "ann")
    assert not breaker.ejected

    fail(breaker, "bob")
    assert breaker.ejected


def test_callers_without_a_key_count_as_one(breaker):
    fail(breaker, *[""] * 1000)

    assert not breaker.ejected


def test_one_caller_s_many_failures_need_more_than_one_of_another(clock):
    breaker = breaker_with(clock, failures=5)
    fail(breaker, *["ann"] * 1000, "bob")
    assert not breaker.ejected

    fail(breaker, "bob")
    assert breaker.ejected


def test_a_caller_s_success_forgives_that_caller_s_failures_only(breaker):
    fail(breaker, "ann", "bob")
    succeed(breaker, "ann")
    fail(breaker, "bob", "bob")
    assert not breaker.ejected

    fail(breaker, "ann")
    assert breaker.ejected


def test_it_stays_while_most_callers_are_served(breaker):
    succeed(breaker, "cid", "dan", "eve")
    fail(breaker, "ann", "bob", "ann", "bob")
    assert not breaker.ejected

    fail(breaker, "cid")
    assert breaker.ejected


def test_outcomes_out_of_the_window_do_not_count(breaker, clock):
    fail(breaker, "ann", "ann")
    clock.now += 60.0
    fail(breaker, "bob", "bob")

    assert not breaker.ejected


def test_memory_is_bounded_however_many_callers_there_are(breaker):
    for number in range(10_000):
        succeed(breaker, f"caller-{number}")

    assert breaker._streaks.tally(1).active == 256


def test_a_first_event_alone_forgives_nothing(breaker):
    for caller in ("ann", "bob", "ann"):
        ticket = breaker.begin(caller)
        breaker.responded(ticket)
        breaker.failed(ticket)

    assert breaker.ejected


def test_what_says_nothing_about_the_competitor_changes_nothing(breaker):
    fail(breaker, "ann", "bob")
    breaker.undecided(breaker.begin("bob"))
    fail(breaker, "ann")

    assert breaker.ejected


def test_with_one_caller_required_failures_in_a_row_eject(clock):
    breaker = breaker_with(clock, callers=1)
    fail(breaker, "ann", "ann")
    assert not breaker.ejected

    fail(breaker, "ann")
    assert breaker.ejected


def test_when_its_time_is_over_one_request_is_the_trial(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0

    assert breaker.admits()
    breaker.begin("cid")
    assert not breaker.admits()
    assert breaker.ejected


def test_a_trial_s_first_event_lets_others_in(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    breaker.responded(breaker.begin("cid"))

    assert not breaker.ejected
    assert breaker.admits()


def test_on_probation_one_failure_each_of_several_callers_ejects_again(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    ticket = breaker.begin("ann")
    breaker.responded(ticket)
    breaker.failed(ticket)
    assert not breaker.ejected

    fail(breaker, "bob")
    assert breaker.remaining == 20.0


def test_on_probation_one_caller_alone_does_not_eject_again(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    breaker.responded(breaker.begin("ann"))
    fail(breaker, *["ann"] * 100)

    assert not breaker.ejected


def test_a_finish_ends_the_probation(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    succeed(breaker, "cid")
    fail(breaker, "ann", "bob")

    assert not breaker.ejected


def test_a_trial_that_says_nothing_gives_way_to_another(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    breaker.undecided(breaker.begin("cid"))

    assert breaker.ejected
    assert breaker.admits()


def test_a_trial_that_did_not_reach_it_is_only_put_off(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0

    assert not breaker.failed(breaker.begin("cid"), reached=False)

    assert breaker.remaining == 1.0


def test_failures_to_reach_it_count_like_others_before_an_ejection(breaker):
    for caller in ("ann", "bob", "ann"):
        breaker.failed(breaker.begin(caller), reached=False)

    assert breaker.ejected


def test_failed_trials_of_several_callers_double_the_time_up_to_a_limit(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    times = []
    for _ in range(7):
        times.append(breaker.remaining)
        for caller in ("ann", "bob"):
            clock.now += breaker.remaining
            fail(breaker, caller)

    assert times == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, LONGEST_SECONDS]


def test_one_caller_s_trials_prolong_an_ejection_once(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += breaker.remaining
    fail(breaker, "ann")
    assert breaker.remaining == 10.0

    for _ in range(10):
        clock.now += breaker.remaining
        fail(breaker, "ann")
        assert breaker.remaining == 1.0


def test_after_a_long_good_time_an_ejection_is_short_again(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    succeed(breaker, "cid")
    clock.now += LONGEST_SECONDS
    fail(breaker, "ann", "bob", "ann")

    assert breaker.remaining == 10.0


def test_requests_that_began_before_the_ejection_have_no_say_after_it(breaker, clock):
    late_failure, late_success = breaker.begin("ann"), breaker.begin("bob")
    fail(breaker, "ann", "bob", "ann")
    clock.now += 10.0
    trial = breaker.begin("cid")

    assert not breaker.failed(late_failure)
    breaker.succeeded(late_success)
    breaker.responded(late_success)
    assert breaker.ejected

    breaker.responded(trial)
    assert not breaker.ejected


def test_while_ejected_probes_are_admitted_at_a_bounded_rate(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    probes = 0
    for second in range(9):
        for number in range(20):
            caller = f"caller-{second}-{number}"
            if breaker.admits_probe(caller):
                breaker.failed(breaker.begin(caller))
                probes += 1
        clock.now += 1.0

    assert breaker.ejected
    assert probes == 2 + 4  # two saved up, then one in two seconds


def test_one_caller_s_probes_leave_room_for_another_s(breaker, clock):
    fail(breaker, "ann", "bob", "ann")
    breaker.failed(breaker.begin("ann"))

    assert not breaker.admits_probe("ann")
    assert breaker.wait("ann") == 2.0
    assert breaker.admits_probe("bob")


def test_a_good_probe_lets_all_in_again(breaker):
    fail(breaker, "ann", "bob", "ann")

    breaker.responded(breaker.begin("cid"))

    assert not breaker.ejected


def test_without_a_rate_there_are_no_probes(clock):
    breaker = breaker_with(clock, probes_per_second=0)
    fail(breaker, "ann", "bob", "ann")
    clock.now += 5.0

    assert not breaker.admits_probe("cid")
    assert breaker.wait("cid") == 5.0


def test_news_that_it_is_well_brings_the_trial_forward(breaker):
    fail(breaker, "ann", "bob", "ann")

    breaker.hasten()

    assert breaker.ejected
    assert breaker.admits()


def test_such_news_means_nothing_to_one_that_is_not_ejected(breaker):
    breaker.hasten()

    assert not breaker.ejected
