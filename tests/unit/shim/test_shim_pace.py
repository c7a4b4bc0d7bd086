"""Rounds of reads are held apart under load, and only then."""

import asyncio
import itertools

import pytest

from janus_shim.http.pace import Pace


class Time:
    """A clock in the test's hands; sleeping moves it on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def turns() -> None:
    """Lets a round end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def read(rest: float, *, rate: float, every: float, rounds: int = 200, readers: int = 2) -> Time:
    """So many rounds in which all is read that came since, each begun `every` seconds after the last.

    `rate` is of all readers together.
    """
    turn = itertools.cycle(range(readers))
    time = Time()
    pace = Pace(rest, clock=time.clock, sleep=time.sleep)
    read_until = time.now
    for _ in range(rounds):
        time.now += every
        while read_until < time.now:
            pace.read(next(turn))
            read_until += 1 / rate
        await turns()
    return time


async def test_reads_now_and_then_are_never_held_up():
    assert (await read(0.003, rate=500, every=0.0005)).slept == []


async def test_thick_reads_are_taken_in_rounds_that_far_apart():
    time = await read(0.003, rate=5000, every=0.0005)
    assert len(time.slept) > 50
    assert time.slept[-10:] == pytest.approx([0.0025] * 10)


async def test_rounds_that_are_far_apart_already_are_not_held_up_more():
    assert (await read(0.003, rate=5000, every=0.004)).slept == []


async def test_a_stream_that_is_alone_is_never_held_up():
    assert (await read(0.003, rate=5000, every=0.0005, readers=1)).slept == []


async def test_no_rest_means_none():
    assert (await read(0.0, rate=5000, every=0.0005)).slept == []


async def test_what_is_in_a_hurry_is_not_slept_upon():
    time = Time()
    pace = Pace(0.005, clock=time.clock, sleep=time.sleep)
    for _ in range(200):
        time.now += 0.0005
        for reader in range(5):
            pace.read(reader)
        pace.hurry()
        await turns()
    assert time.slept == []


async def test_what_was_read_is_passed_on_before_the_rest():
    time = Time()
    passed: list[int] = []
    slept_after: list[int] = []
    pace = Pace(0.005, clock=time.clock, sleep=lambda seconds: slept_after.append(len(passed)))
    for round_ in range(200):
        time.now += 0.0005
        for reader in range(5):
            pace.read(reader)
        # As a link's writer does: it is woken, lets others add something, and writes.
        asyncio.get_running_loop().call_soon(
            lambda number=round_: asyncio.get_running_loop().call_soon(passed.append, number)
        )
        await turns()
        if slept_after:
            assert slept_after[-1] == len(passed)
    assert slept_after


async def test_the_thicker_the_reads_the_shorter_the_rest():
    thick = await read(0.005, rate=5_000, every=0.0002, rounds=1000)
    thicker = await read(0.005, rate=40_000, every=0.0002, rounds=1000)
    assert max(thicker.slept[-10:]) < max(thick.slept[-10:]) / 2
