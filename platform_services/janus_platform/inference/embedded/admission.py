"""Who may use the model now: as many generations as it has slots, the calls behind them in a bounded queue.

The queue is here and not in llama.cpp, because there a caller that leaves while it waits is not
noticed until its turn comes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from prometheus_client import Gauge

from janus_mesh.errors import Overloaded

LIVE_CALLS = Gauge("janus_embedded_calls", "Calls that the embedded model answers or keeps waiting.")
BUSY_SLOTS = Gauge("janus_embedded_busy_slots", "Generations under way in the embedded model.")


class Admission:
    """First come, first served."""

    def __init__(self, slots: int, queue: int) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._places = slots + queue

    @contextmanager
    def call(self) -> Iterator[None]:
        """Holds a place among the live calls; raises `Overloaded` when all are taken."""
        if self._places <= 0:
            raise Overloaded("too many calls wait for the embedded model", retry_after=5)
        self._places -= 1
        LIVE_CALLS.inc()
        try:
            yield
        finally:
            self._places += 1
            LIVE_CALLS.dec()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds one of the model's slots, waiting for it."""
        async with self._slots:
            BUSY_SLOTS.inc()
            try:
                yield
            finally:
                BUSY_SLOTS.dec()
