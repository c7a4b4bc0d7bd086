"""Sends one request under load, over kept connections of either transport."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from janus_bench.quality.runners import Bounds, Target, grpc, http

from .reading import ChatEventLoadReader, LoadReader, Reading, Timed

ReaderT = TypeVar("ReaderT", bound=Timed)
ReaderT_contra = TypeVar("ReaderT_contra", bound=Timed, contravariant=True)


class Asker(Protocol):
    """Sends the one request that a load is made of."""

    async def ask(self, intended_at: float) -> Reading:
        """Never raises for what the target does."""


@asynccontextmanager
async def open_asker(
    target: Target, request: Mapping[str, Any], bounds: Bounds, reader: type[LoadReader] = LoadReader
) -> AsyncIterator[Asker]:
    """The asker for a target's transport; over HTTP, `reader` reads the answers."""
    asker: _Asker[Any]
    if target.transport == "grpc":
        asked = grpc.encode(target, request)
        asker = _Asker(lambda: grpc.connect(target, bounds), asked, ChatEventLoadReader, bounds)
    else:
        tls = ssl.create_default_context() if target.tls else None
        asker = _Asker(lambda: http.connect(target, tls), http.encode(target, request), reader, bounds)
    try:
        yield asker
    finally:
        asker.close()


class KeptConnection(Protocol[ReaderT_contra]):
    """Asked one request after the other."""

    @property
    def idle(self) -> bool:
        """Whether it can be asked."""

    async def ask(self, request: bytes, reader: ReaderT_contra) -> None:
        """Returns when the answer is complete or the connection is gone."""

    def leave(self) -> None:
        """Closes it at once."""


class _Asker(Generic[ReaderT]):
    """Takes an idle connection, or opens one: requests never queue behind each other here."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[KeptConnection[ReaderT]]],
        request: bytes,
        reader: Callable[[], ReaderT],
        bounds: Bounds,
    ) -> None:
        self._connect = connect
        self._request = request
        self._reader = reader
        self._bounds = bounds
        self._kept: list[KeptConnection[ReaderT]] = []

    async def ask(self, intended_at: float) -> Reading:
        reader = self._reader()
        connection: KeptConnection[ReaderT] | None = None
        try:
            async with asyncio.timeout(self._bounds.connect_seconds):
                connection = await self._connection()
            async with asyncio.timeout(self._bounds.total_seconds):
                await connection.ask(self._request, reader)
        except TimeoutError:
            reader.failure = "timeout" if connection is not None else "connect_timeout"
        except OSError:
            reader.failure = "unreachable"
        finally:
            self._give_back(connection)
        return reader.reading(intended_at, time.monotonic())

    def close(self) -> None:
        for connection in self._kept:
            connection.leave()

    async def _connection(self) -> KeptConnection[ReaderT]:
        while self._kept:
            connection = self._kept.pop()
            if connection.idle:
                return connection
        return await self._connect()

    def _give_back(self, connection: KeptConnection[ReaderT] | None) -> None:
        if connection is None:
            return
        if connection.idle:
            self._kept.append(connection)
        else:
            connection.leave()
