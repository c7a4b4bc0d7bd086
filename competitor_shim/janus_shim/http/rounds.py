"""Connections that are read together, in rounds, as a network card moderates its interrupts.

A read costs the same whether it brings one event or two, and a wake-up more than a read, because caches are
cold every time. So while many answers stream at once their sockets are read in rounds, with a rest between
two: what a container said meanwhile is one read, and all that a round brought leaves in one message.

Only this reading rests; the event loop goes on, and an answer that has just begun is read by its transport.
"""

import asyncio
import os
import select
import time
from collections.abc import Callable
from typing import Protocol

from janus_mesh import logs

# Rests pay from this many active connections on, counted over this window or two rounds, whichever is longer.
_MANY = 16
_WINDOW_SECONDS = 0.05
# Maximum sockets read per round, so that one round's events do not delay the rest.
_ROUND_READS = 100
# A read that fills its buffer means that more is waiting: the next round follows without a rest.
_READ_BYTES = 64 * 1024

log = logs.get("shim.http")


class Reader(Protocol):
    """A connection, as its transport sees it."""

    def data_received(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """The peer will say no more."""

    def abort(self) -> None: ...


class Rounds:
    """One per event loop. When many connections are read, each is once in `rest` seconds; 0: none rests."""

    def __init__(self, rest: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._ready = select.epoll()
        self._readers: dict[int, Reader] = {}
        self._listening = False  # whether the event loop calls for a round when there is something to read
        self._timer: asyncio.TimerHandle | None = None  # for the end of a rest
        self._window = max(_WINDOW_SECONDS, 2 * rest)
        self._many = False
        self._seen: set[int] = set()
        self._seen_from = clock()

    def saw(self, descriptor: int) -> bool:
        """Counts a read of a socket; whether so many are read that it should `join`."""
        self._seen.add(descriptor)
        now = self._clock()
        if now - self._seen_from >= self._window:
            self._many = len(self._seen) >= _MANY and self._rest > 0
            self._seen.clear()
            self._seen_from = now
        return self._many

    def join(self, descriptor: int, reader: Reader) -> None:
        """From now on the socket is read here; its transport may neither read nor close it before `leave`."""
        self._ready.register(descriptor, select.EPOLLIN)
        self._readers[descriptor] = reader
        if self._timer is None:
            self._listen()

    def leave(self, descriptor: int) -> None:
        """It is read here no more."""
        del self._readers[descriptor]
        self._ready.unregister(descriptor)

    def close(self) -> None:
        """All must have left."""
        self._deafen()
        if self._timer is not None:
            self._timer.cancel()
        self._ready.close()

    def _round(self) -> None:
        self._timer = None
        if self._read_some() and self._many:
            self._deafen()
            turns = max(1.0, len(self._readers) / _ROUND_READS)
            self._timer = self._loop.call_later(self._rest / turns, self._round)
        else:
            self._listen()

    def _read_some(self) -> bool:
        """Reads those that have waited longest. Whether there was any, and none is flooded."""
        ready = self._ready.poll(0, _ROUND_READS)
        flooded = False
        for descriptor, _ in ready:
            reader = self._readers.get(descriptor)
            if reader is None:  # it left when another was read
                continue
            try:
                data = os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                log.debug("connection lost", reason=str(error))
                reader.abort()
                continue
            if not data:
                reader.ended()
                continue
            flooded |= len(data) == _READ_BYTES
            self.saw(descriptor)
            try:
                reader.data_received(data)
            except Exception as error:  # noqa: BLE001  # a bug met by one must not keep all others unread
                self._loop.call_exception_handler({"message": "a reader failed", "exception": error})
                reader.abort()
        return bool(ready) and not flooded

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            self._loop.add_reader(self._ready.fileno(), self._round)

    def _deafen(self) -> None:
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self._ready.fileno())
