"""Reads of many streams taken together, as a network card moderates its interrupts.

When reads come thick and fast, waking up for each costs more than the read itself, because caches are cold
every time. The event loop then rests a moment between two rounds of reads, and what has come meanwhile is
read in one. That is no longer than it would wait anyway for the next write to the link.

What somebody waits for, the beginning of an answer above all, keeps the loop awake a moment, and a
stream that is alone is never held up.
"""

import asyncio
import time
from collections.abc import Callable

# Reads a second from which on a rest pays, and over how long they are counted.
_THICK = 1000.0
_WINDOW_SECONDS = 0.05
# So many reads make a round worth its wake-up: when they come faster, a shorter rest will do.
_ROUND_READS = 50
# How long the loop stays awake for what cannot wait: a container nearby answers within it.
_AWAKE_SECONDS = 0.003
# Turns of the loop after a round of reads in which what was read is written to the link.
_TURNS_TO_WRITE = 3


class Pace:
    """One per event loop. Under load two rounds of reads are at most `rest` seconds apart; 0: none."""

    def __init__(
        self,
        rest: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._longest = rest
        self._rest = 0.0  # at the present rate of reads
        self._clock = clock
        self._sleep = sleep
        self._loop = asyncio.get_running_loop()
        self._round_is_on = False
        self._rested_at = 0.0
        self._awake_until = 0.0
        self._reads = 0
        self._changes = 0  # how often it was another reader's turn
        self._reader: object = None
        self._counted_from = clock()

    def read(self, reader: object) -> None:
        """To be called at each read; `reader` is whose it is, compared by identity."""
        self._reads += 1
        if reader is not self._reader:
            self._reader = reader
            self._changes += 1
        if self._longest and not self._round_is_on:
            self._round_is_on = True
            self._loop.call_soon(self._end_round, _TURNS_TO_WRITE)

    def hurry(self) -> None:
        """There is to be no rest before what is under way has gone on."""
        self._awake_until = self._clock() + _AWAKE_SECONDS

    def _end_round(self, turns: int) -> None:
        """Runs when all that could be read at once has been, and then passed on."""
        if turns:
            self._loop.call_soon(self._end_round, turns - 1)
            return
        self._round_is_on = False
        now = self._clock()
        if now - self._counted_from >= _WINDOW_SECONDS:
            rate = self._reads / (now - self._counted_from)
            pays = rate >= _THICK and self._changes > 1
            self._rest = min(self._longest, _ROUND_READS / rate) if pays else 0.0
            self._reads, self._changes, self._reader, self._counted_from = 0, 0, None, now
        if self._rest and now >= self._awake_until:
            left = self._rested_at + self._rest - now
            if left > 0:
                self._sleep(left)  # the whole loop, on purpose
            self._rested_at = max(now, now + left)
