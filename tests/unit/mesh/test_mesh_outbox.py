"""When a link's writer writes: at once what comes alone or in a hurry, in loads what comes together.

An item is a number, of the exchange that its tens name.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from janus_mesh.link.outbox import Outbox, pump

# No test waits for it: what is written within a few turns of the event loop was not held back.
A_LONG_REST = 60.0
TURNS = 10


@asynccontextmanager
async def pumped(floor: float = A_LONG_REST) -> AsyncIterator[tuple[Outbox[int], list[list[int]]]]:
    """An outbox, and the loads that were written so far."""
    outbox: Outbox[int] = Outbox(lambda _: 1)
    loads: list[list[int]] = []

    async def write(load: list[int]) -> None:
        loads.append(load)

    pumping = asyncio.create_task(pump(outbox, write, floor, exchange_of))
    await turns()
    try:
        yield outbox, loads
    finally:
        pumping.cancel()


def exchange_of(item: int) -> int:
    return item // 10


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def put(outbox: Outbox[int], *items: int) -> None:
    for item in items:
        outbox.put(item, 1)


async def test_items_that_come_together_share_a_load():
    async with pumped() as (outbox, loads):
        put(outbox, 10, 20, 30)
        await turns()
        assert loads == [[10, 20, 30]]


async def test_items_that_come_alone_are_never_held_back():
    async with pumped() as (outbox, loads):
        for item in (10, 20, 30):
            put(outbox, item)
            await turns()
        assert loads == [[10], [20], [30]]


async def test_an_exchange_that_is_alone_is_never_held_back_however_much_it_says():
    async with pumped() as (outbox, loads):
        put(outbox, 10, 11, 12)
        await turns()
        put(outbox, 13)
        await turns()
        assert loads == [[10, 11, 12], [13]]


async def test_after_a_load_of_several_exchanges_the_next_items_gather():
    async with pumped() as (outbox, loads):
        put(outbox, 10, 20)
        await turns()
        put(outbox, 30)
        await turns()
        put(outbox, 40)
        await turns()
        assert loads == [[10, 20]]


async def test_the_rest_ends():
    async with pumped(floor=0.001) as (outbox, loads):
        put(outbox, 10, 20)
        await turns()
        put(outbox, 30)
        async with asyncio.timeout(5):
            while len(loads) < 2:
                await asyncio.sleep(0.001)
        assert loads == [[10, 20], [30]]


async def test_an_item_in_a_hurry_takes_along_what_gathers():
    async with pumped() as (outbox, loads):
        put(outbox, 10, 20)
        await turns()
        put(outbox, 30)
        await turns()
        outbox.put(40, 1, hurry=True)
        await turns()
        assert loads == [[10, 20], [30, 40]]


async def test_a_hurry_of_before_does_not_spare_the_next_load_its_rest():
    async with pumped() as (outbox, loads):
        outbox.put(10, 1, hurry=True)
        put(outbox, 20)
        await turns()
        put(outbox, 30)
        await turns()
        assert loads == [[10, 20]]


async def test_many_items_need_not_wait_for_more():
    async with pumped() as (outbox, loads):
        put(outbox, 10, 20)
        await turns()
        put(outbox, *range(Outbox.LOAD_ITEMS - 1))
        await turns()
        assert loads == [[10, 20]]
        put(outbox, 0)
        await turns()
        assert [len(load) for load in loads] == [2, Outbox.LOAD_ITEMS]


async def test_many_items_that_came_during_a_write_need_not_wait_for_more():
    outbox: Outbox[int] = Outbox(lambda _: 1)
    loads: list[list[int]] = []
    written = asyncio.Event()

    async def write(load: list[int]) -> None:
        loads.append(load)
        await written.wait()

    pumping = asyncio.create_task(pump(outbox, write, A_LONG_REST, exchange_of))
    put(outbox, 10, 20)
    await turns()
    put(outbox, *range(Outbox.LOAD_ITEMS))
    written.set()
    await turns()
    pumping.cancel()
    assert [len(load) for load in loads] == [2, Outbox.LOAD_ITEMS]
