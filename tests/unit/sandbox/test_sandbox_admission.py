"""Who has to go so that one more sandbox fits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janus_mesh.errors import Overloaded, RateLimited
from janus_sandbox.admission import Capacity, make_room
from janus_sandbox.limits import FLAVORS
from janus_sandbox.sandbox import Order, Priority, Sandbox

MEMORY = FLAVORS["small"].memory_bytes
PLENTY = 1000 * MEMORY


def order(priority: Priority = Priority.NORMAL, *, preemptable: bool = False, flavor: str = "small") -> Order:
    return Order(flavor=flavor, priority=priority, preemptable=preemptable, ttl=60)


def sandbox(
    name: str, priority: Priority = Priority.LOW, *, preemptable: bool = True, created: float = 0
) -> Sandbox:
    made = Sandbox(name, order(priority, preemptable=preemptable), "")
    made.created = created
    return made


def victims(live: list[Sandbox], wanted: Order, *, sandboxes: int = 2, memory: int = PLENTY) -> list[str]:
    return [one.id for one in make_room(Capacity(sandboxes, memory), live, wanted)]


def test_with_room_nobody_has_to_go() -> None:
    assert victims([sandbox("a")], order()) == []


def test_the_least_important_goes_first_and_of_those_the_oldest() -> None:
    live = [
        sandbox("normal", Priority.NORMAL, created=1),
        sandbox("young", created=3),
        sandbox("old", created=2),
    ]
    assert victims(live, order(Priority.HIGH), sandboxes=3) == ["old"]
    assert victims(live, order(Priority.HIGH), sandboxes=1) == ["old", "young", "normal"]


@pytest.mark.parametrize(
    "stays",
    [sandbox("equal", Priority.NORMAL), sandbox("higher", Priority.HIGH), sandbox("firm", preemptable=False)],
    ids=lambda one: one.id,
)
def test_equals_betters_and_the_unwilling_stay(stays: Sandbox) -> None:
    with pytest.raises(Overloaded) as caught:
        make_room(Capacity(1, PLENTY), [stays], order())
    assert caught.value.retry_after > 0


def test_memory_is_made_room_for_as_well() -> None:
    live = [sandbox("a", created=1), sandbox("b", created=2), sandbox("c", created=3)]
    wanted = order(flavor="medium")  # twice the memory
    assert victims(live, wanted, sandboxes=10, memory=3 * MEMORY) == ["a", "b"]


KINDS = st.tuples(st.sampled_from(Priority), st.booleans(), st.sampled_from(sorted(FLAVORS)))


@given(st.lists(KINDS, max_size=8), KINDS, st.integers(1, 6), st.integers(1, 20))
def test_what_is_decided_always_fits_and_never_hurts_the_wrong_ones(
    kinds: list[tuple[Priority, bool, str]],
    wanted: tuple[Priority, bool, str],
    sandboxes: int,
    memory: int,
) -> None:
    live = [
        Sandbox(str(n), order(priority, preemptable=willing, flavor=flavor), "")
        for n, (priority, willing, flavor) in enumerate(kinds)
    ]
    asked = order(wanted[0], flavor=wanted[2])
    capacity = Capacity(sandboxes, memory * MEMORY)
    try:
        gone = make_room(capacity, live, asked)
    except Overloaded:
        gone = [one for one in live if one.order.preemptable and one.order.priority < asked.priority]
        assert not fits(capacity, live, gone, asked)
        return
    assert fits(capacity, live, gone, asked)
    assert all(one.order.preemptable and one.order.priority < asked.priority for one in gone)
    assert not gone or not fits(capacity, live, gone[:-1], asked)


def fits(capacity: Capacity, live: list[Sandbox], gone: list[Sandbox], asked: Order) -> bool:
    left = [one.order for one in live if one not in gone] + [asked]
    return capacity.holds(len(left), sum(one.limits.memory_bytes for one in left))


# Shares of owners.


def owned(owner: str, count: int) -> list[Sandbox]:
    return [Sandbox(f"{owner}-{number}", replace(order(), owner=owner), "") for number in range(count)]


def test_one_owner_cannot_take_all_places() -> None:
    capacity = Capacity(8, PLENTY, owner_share=0.5)
    with pytest.raises(RateLimited) as refused:
        make_room(capacity, owned("a", 4), replace(order(), owner="a"))
    assert refused.value.code == "sandbox_share_used"
    assert make_room(capacity, owned("a", 4), replace(order(), owner="b")) == []


def test_one_owner_cannot_take_all_memory() -> None:
    capacity = Capacity(100, 8 * MEMORY, owner_share=0.5)
    assert make_room(capacity, owned("a", 3), replace(order(), owner="a")) == []
    with pytest.raises(RateLimited):
        make_room(capacity, owned("a", 4), replace(order(), owner="a"))


def test_a_share_ends_nobody_elses_sandbox() -> None:
    live = [*owned("a", 2), sandbox("b")]
    with pytest.raises(RateLimited):
        make_room(Capacity(4, PLENTY, owner_share=0.5), live, replace(order(Priority.HIGH), owner="a"))


def test_every_owner_may_have_one() -> None:
    assert make_room(Capacity(1, MEMORY, owner_share=0.1), [], replace(order(), owner="a")) == []


def test_callers_without_an_owner_have_no_share() -> None:
    assert make_room(Capacity(4, PLENTY, owner_share=0.5), owned("", 3), order()) == []
