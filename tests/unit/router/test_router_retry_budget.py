"""Retries as a share of requests, with time in the test's hand."""

from janus_router.retry_budget import RetryBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def granted(budget: RetryBudget, wanted: int) -> int:
    return sum(budget.retry() for _ in range(wanted))


def test_without_time_passing_retries_are_a_share_of_requests():
    budget = RetryBudget(0.2, 0.0, Clock())
    allowed = 0
    for _ in range(1_000):
        budget.request()
        allowed += budget.retry()

    assert 195 <= allowed <= 200


def test_a_small_router_may_retry_a_few_times_a_second_whatever_the_share():
    clock = Clock()
    budget = RetryBudget(0.0, 10.0, clock)
    granted(budget, 1_000)

    clock.now += 1.0

    assert granted(budget, 1_000) == 10


def test_quiet_time_saves_up_no_more_than_ten_seconds_worth():
    clock = Clock()
    budget = RetryBudget(0.2, 10.0, clock)
    clock.now += 3_600.0

    assert granted(budget, 1_000) == 100


def test_a_new_router_has_a_second_s_worth():
    assert granted(RetryBudget(0.2, 10.0, Clock()), 1_000) == 10
