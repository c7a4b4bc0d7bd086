"""Waiting for what comes next without falling silent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from .deltas import Silence

T = TypeVar("T")


async def with_silences(items: AsyncIterator[T], seconds: float) -> AsyncGenerator[T | Silence, None]:
    """The items as they come, and a `Silence` whenever none came for so many seconds."""
    coming = asyncio.ensure_future(_next(items))
    try:
        while True:
            done, _ = await asyncio.wait((coming,), timeout=seconds)
            if not done:
                yield Silence()
                continue
            item = coming.result()
            if item is None:
                return
            coming = asyncio.ensure_future(_next(items))
            yield item
    finally:
        coming.cancel()
        await asyncio.wait((coming,))


async def _next(items: AsyncIterator[T]) -> T | None:
    return await anext(items, None)
