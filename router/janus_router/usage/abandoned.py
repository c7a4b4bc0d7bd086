"""Closes the accounts of attempts that ended without a `finish`, so that nobody goes on spending on them.

A few workers take tokens from a bounded queue: when many callers leave at once, closing their accounts
must not crowd out the live exchanges. A token that does not fit is dropped; it expires by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

from janus_mesh import logs

_WORKERS = 4
_MOST_WAITING = 4_000

log = logs.get("router.platform")


class AbandonedAccounts:
    """Runs from `start` to `stop`; `close` ends one account and does not raise."""

    def __init__(self, close: Callable[[str], Awaitable[object]]) -> None:
        self._close = close
        self._tokens: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._workers: list[asyncio.Task[None]] = []
        self._dropped = 0

    def start(self) -> None:
        self._workers = [asyncio.create_task(self._work()) for _ in range(_WORKERS)]

    def add(self, token: str) -> None:
        """Has an account closed soon."""
        try:
            self._tokens.put_nowait(token)
        except asyncio.QueueFull:
            self._dropped += 1

    async def stop(self, seconds: float) -> None:
        """Waits at most this long until all accounts are closed, then gives up on the rest."""
        try:
            async with asyncio.timeout(seconds):
                await self._tokens.join()
        except TimeoutError:
            log.warning("accounts left open", accounts=self._tokens.qsize())
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            token = await self._tokens.get()
            try:
                await self._close(token)
            finally:
                self._tokens.task_done()
            if self._dropped:
                log.warning("too many accounts to close", dropped=self._dropped)
                self._dropped = 0
