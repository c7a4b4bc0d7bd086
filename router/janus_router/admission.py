"""Admission: how many exchanges a competitor has at once, and who waits for a place.

A `Gate` counts places and never loses one: a place that comes free is handed to the first waiter, and a
waiter that left meanwhile hands it on. A waiter may stand before several gates at once; it
takes the first place that comes free and leaves the other queues.
"""

import asyncio
from collections.abc import Sequence

from janus_mesh.errors import Overloaded

_SMOOTHING = 0.2  # weight of the latest exchange in the mean service time
_FIRST_GUESS_SECONDS = 1.0
_RETRY_AFTER = (1.0, 60.0)  # bounds of what an overloaded caller is told, seconds


class Gate:
    """The places of one competitor and the queue before them, first come first served."""

    def __init__(self, places: int, queue: int) -> None:
        self.live = 0
        self._places = places
        self._queue = queue
        self._waiting: dict[_Waiter, None] = {}
        self._mean_seconds = _FIRST_GUESS_SECONDS

    @property
    def queued(self) -> int:
        return len(self._waiting)

    @property
    def has_place(self) -> bool:
        return self.live < self._places

    @property
    def has_queue_room(self) -> bool:
        return len(self._waiting) < self._queue

    @property
    def expected_wait(self) -> float:
        """Seconds until one who came now would be served, judging by the recent service time."""
        return (self.queued + 1) * self._mean_seconds / self._places

    def enter(self) -> None:
        """Takes a free place."""
        if not self.has_place:
            raise RuntimeError("no free place")
        self.live += 1

    def leave(self, seconds: float | None = None) -> None:
        """Gives a place back, after this long a service if there was one."""
        if seconds is not None:
            self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)
        self.live -= 1
        self._hand_out()

    def resize(self, places: int) -> None:
        """Changes how many there are; those inside stay."""
        self._places = places
        self._hand_out()

    def send_away(self) -> None:
        """Empties the queue: the competitor takes nobody now. Who stands nowhere else chooses anew."""
        for waiter in [*self._waiting]:
            del self._waiting[waiter]
            waiter.gates.remove(self)
            if not waiter.gates and not waiter.outcome.done():
                waiter.outcome.set_result(None)

    def join(self, waiter: "_Waiter") -> None:
        self._waiting[waiter] = None

    def quit(self, waiter: "_Waiter") -> None:
        del self._waiting[waiter]

    def _hand_out(self) -> None:
        while self._waiting and self.has_place:
            waiter = next(iter(self._waiting))
            waiter.quit_all()
            if not waiter.outcome.done():
                self.live += 1
                waiter.outcome.set_result(self)


class _Waiter:
    """One exchange in the queues of `gates`; its outcome is the gate it got a place at, or None."""

    def __init__(self, gates: list[Gate]) -> None:
        self.outcome: asyncio.Future[Gate | None] = asyncio.get_running_loop().create_future()
        self.gates = gates
        for gate in gates:
            gate.join(self)

    def quit_all(self) -> None:
        for gate in self.gates:
            gate.quit(self)
        self.gates = []


async def queue(gates: Sequence[Gate], seconds: float) -> Gate | None:
    """Takes a place at one of `gates`, waiting for it if need be. None: all were closed, choose anew.

    Raises `Overloaded` when every queue is full, or when no place came free within `seconds`.
    """
    for gate in gates:
        if gate.has_place:
            gate.enter()
            return gate
    roomy = [gate for gate in gates if gate.has_queue_room]
    if not roomy:
        raise _overloaded("the queue is full", gates)
    waiter = _Waiter(roomy)
    try:
        async with asyncio.timeout(seconds):
            return await waiter.outcome
    except BaseException as error:
        _give_up(waiter)
        if isinstance(error, TimeoutError):
            raise _overloaded(f"no place came free within {seconds:g} s", gates) from None
        raise


def _give_up(waiter: _Waiter) -> None:
    waiter.quit_all()
    # A place may have been handed over in the very moment of leaving.
    if waiter.outcome.done() and not waiter.outcome.cancelled():
        gate = waiter.outcome.result()
        if gate is not None:
            gate.leave()


def _overloaded(why: str, gates: Sequence[Gate]) -> Overloaded:
    shortest, longest = _RETRY_AFTER
    wait = min(gate.expected_wait for gate in gates)
    return Overloaded(
        f"all competitors asked for are busy: {why}", retry_after=min(max(wait, shortest), longest)
    )
