"""Waiting for a slot of the model."""

import asyncio

import pytest

from janus_mesh.errors import Overloaded
from janus_platform.inference.embedded.admission import Admission


async def test_as_many_run_as_there_are_slots_in_order_of_coming() -> None:
    admission = Admission(slots=2, queue=8)
    running: list[int] = []
    go_on = [asyncio.Event() for _ in range(4)]

    async def generation(number: int) -> None:
        async with admission.slot():
            running.append(number)
            await go_on[number].wait()

    tasks = [asyncio.create_task(generation(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert running == [0, 1]
    go_on[1].set()
    await tasks[1]
    await asyncio.sleep(0)
    assert running == [0, 1, 2]
    for event in go_on:
        event.set()
    await asyncio.gather(*tasks)


async def test_one_that_leaves_the_queue_lets_the_next_up() -> None:
    admission = Admission(slots=1, queue=8)
    order: list[str] = []

    async def generation(name: str) -> None:
        async with admission.slot():
            order.append(name)

    async with admission.slot():
        first, second = (asyncio.create_task(generation(name)) for name in ("first", "second"))
        await asyncio.sleep(0)
        first.cancel()
    await second
    assert order == ["second"]


def test_a_call_over_the_bound_is_refused_with_a_time_to_come_back() -> None:
    admission = Admission(slots=1, queue=1)
    with admission.call(), admission.call():
        with pytest.raises(Overloaded) as caught, admission.call():
            pass
        assert caught.value.retry_after > 0
    with admission.call():
        pass
