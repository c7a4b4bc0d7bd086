"""One question over a connection of its own, until the answer is over or patience is."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from janus_bench.quality.task import Failure

from . import failures
from .bounds import Bounds

_LINGER_SECONDS = 1.0


class Reader(Protocol):
    """What both transports' readers have, as far as waiting for them goes."""

    last_at: float
    done: asyncio.Event  # nothing more is needed


ReaderT = TypeVar("ReaderT", bound=Reader)
ReaderT_contra = TypeVar("ReaderT_contra", bound=Reader, contravariant=True)


class Line(Protocol[ReaderT_contra]):
    """A connection that is asked one question."""

    async def ask(self, request: bytes, reader: ReaderT_contra) -> None:
        """Returns when the answer is complete or the connection is gone."""

    def leave(self) -> None:
        """Closes it at once."""


async def converse(
    connect: Callable[[], Awaitable[Line[ReaderT]]], request: bytes, reader: ReaderT, bounds: Bounds
) -> Failure | None:
    """Fills `reader` until the answer is over; returns what made the bench give it up before."""
    try:
        async with asyncio.timeout(bounds.connect_seconds):
            line = await connect()
    except TimeoutError:
        return failures.unreachable(f"no connection within {bounds.connect_seconds:g} s")
    except OSError as error:
        return failures.unreachable(error.strerror or str(error))
    asking = asyncio.ensure_future(line.ask(request, reader))
    try:
        return await _await_end(reader, asking, bounds)
    finally:
        line.leave()
        with suppress(asyncio.CancelledError):
            asking.cancel()
            await asking


async def _await_end(reader: Reader, asking: "asyncio.Future[None]", bounds: Bounds) -> Failure | None:
    """Until the reader has all it needs and a little more, or the end of patience."""
    began = time.monotonic()
    while not reader.done.is_set():
        now = time.monotonic()
        silent = now - max(began, reader.last_at)
        if silent >= bounds.silence_seconds:
            return failures.too_slow(f"the answer was silent for {bounds.silence_seconds:g} s")
        if now - began >= bounds.total_seconds:
            return failures.too_slow(f"the answer was not over after {bounds.total_seconds:g} s")
        left = min(bounds.silence_seconds - silent, began + bounds.total_seconds - now)
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await reader.done.wait()
    await asyncio.wait([asking], timeout=_LINGER_SECONDS)
    return None
