"""Admission to a competitor: places, queues, and that no place is ever lost."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from janus_mesh.errors import Overloaded
from janus_router.admission import Gate, queue


async def turns(count: int = 5) -> None:
    """Lets every ready task run."""
    for _ in range(count):
        await asyncio.sleep(0)


def waiting(*gates: Gate, seconds: float = 60.0) -> "asyncio.Task[Gate | None]":
    return asyncio.create_task(queue(gates, seconds))


def full(places: int = 1, room: int = 10) -> Gate:
    gate = Gate(places, room)
    for _ in range(places):
        gate.enter()
    return gate


async def test_there_are_so_many_places_and_no_more():
    gate = full(places=2)

    assert not gate.has_place
    with pytest.raises(RuntimeError):
        gate.enter()


async def test_who_waits_is_served_in_order():
    gate = full()
    first, second = waiting(gate), waiting(gate)
    await turns()

    gate.leave()
    await turns()
    assert first.done()
    assert not second.done()

    gate.leave()
    assert await second is gate
    assert gate.live == 1


async def test_a_full_queue_turns_away_with_the_time_to_come_back():
    gate = full(room=1)
    waiter = waiting(gate)
    await turns()

    with pytest.raises(Overloaded, match="the queue is full") as caught:
        await queue([gate], 60.0)

    assert caught.value.retry_after >= 1.0
    waiter.cancel()


async def test_the_time_to_come_back_follows_the_recent_service_time():
    gate = full(places=2)
    quick = gate.expected_wait
    for _ in range(50):
        gate.leave(30.0)
        gate.enter()

    assert gate.expected_wait == pytest.approx(15.0, rel=0.01)
    assert gate.expected_wait > quick


async def test_waiting_is_bounded():
    gate = full()

    with pytest.raises(Overloaded, match=r"no place came free within 0\.01 s"):
        await queue([gate], 0.01)

    assert gate.queued == 0


async def test_who_leaves_the_queue_frees_its_place_in_it_at_once():
    gate = full(room=1)
    leaver = waiting(gate)
    await turns()

    leaver.cancel()
    await turns()

    assert gate.queued == 0
    stayer = waiting(gate)
    await turns()
    gate.leave()
    assert await stayer is gate


async def test_a_place_handed_to_one_who_leaves_in_that_moment_goes_to_the_next():
    gate = full()
    leaver, stayer = waiting(gate), waiting(gate)
    await turns()

    gate.leave()  # hands the place to the first, who has not run yet
    leaver.cancel()

    assert await stayer is gate
    assert gate.live == 1


async def test_who_waits_at_several_gates_takes_the_first_place_and_leaves_the_other_queues():
    one, two = full(), full()
    waiter = waiting(one, two)
    await turns()
    assert (one.queued, two.queued) == (1, 1)

    two.leave()

    assert await waiter is two
    assert (one.queued, two.queued) == (0, 0)


async def test_only_queues_with_room_are_joined():
    crowded, roomy = full(room=0), full()
    waiter = waiting(crowded, roomy)
    await turns()

    assert (crowded.queued, roomy.queued) == (0, 1)
    roomy.leave()
    assert await waiter is roomy


async def test_a_closing_gate_sends_its_queue_to_choose_anew():
    gate = full()
    waiter = waiting(gate)
    await turns()

    gate.send_away()

    assert await waiter is None


async def test_a_closing_gate_keeps_no_one_from_another():
    closing, other = full(), full()
    waiter = waiting(closing, other)
    await turns()

    closing.send_away()
    await turns()
    assert not waiter.done()

    other.leave()
    assert await waiter is other


async def test_more_places_are_handed_out_at_once():
    gate = full(places=1)
    waiters = [waiting(gate) for _ in range(3)]
    await turns()

    gate.resize(3)
    await turns()

    assert [waiter.done() for waiter in waiters] == [True, True, False]
    waiters[2].cancel()


async def test_fewer_places_let_those_inside_finish():
    gate = full(places=3)
    gate.resize(1)

    gate.leave()
    gate.leave()
    assert not gate.has_place
    gate.leave()
    assert gate.has_place


class Guests:
    """Exchanges that come, stay until they are told to go, and may leave at any moment."""

    def __init__(self) -> None:
        self.inside: dict[asyncio.Event, Gate] = {}
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, *gates: Gate) -> None:
        self.tasks.append(asyncio.create_task(self._stay(gates)))

    def finish_one(self) -> None:
        if self.inside:
            next(iter(self.inside)).set()

    async def _stay(self, gates: tuple[Gate, ...]) -> None:
        gate = await queue(gates, 60.0)
        if gate is None:
            return
        told = asyncio.Event()
        self.inside[told] = gate
        try:
            await told.wait()
        finally:
            del self.inside[told]
            gate.leave(0.1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "come", "come", "finish", "cancel", "close", "resize", "turn"]),
        st.integers(0, 7),
    ),
    max_size=50,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_no_place_is_lost_and_none_is_given_twice(steps):
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[str, int]]) -> None:
    gates, places, guests = [Gate(1, 3), Gate(2, 2)], [1, 2], Guests()
    most = places.copy()
    for step, number in steps:
        which = number % 2
        match step:
            case "come":
                guests.come(*([gates[which]] if number < 4 else gates))
            case "finish":
                guests.finish_one()
            case "cancel" if guests.tasks:
                guests.tasks[number % len(guests.tasks)].cancel()
            case "close":
                gates[which].send_away()
            case "resize":
                places[which] = number + 1
                most[which] = max(most[which], number + 1)
                gates[which].resize(number + 1)
            case "turn":
                await turns()

    await turns()
    for gate, size, limit in zip(gates, places, most, strict=True):
        assert gate.live == list(guests.inside.values()).count(gate)
        assert gate.live <= limit
        assert gate.queued == 0 or gate.live >= size, "somebody waits before a free place"
    for task in guests.tasks:
        task.cancel()
    await asyncio.gather(*guests.tasks, return_exceptions=True)
    assert [(gate.live, gate.queued) for gate in gates] == [(0, 0), (0, 0)]
