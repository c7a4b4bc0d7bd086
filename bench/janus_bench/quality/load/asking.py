"""Sends one request under load: over kept HTTP connections, or over the links of a gRPC peer."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

from janus_bench.connection import Connection
from janus_bench.quality.runners import Bounds, Runner, Target, open_runner
from janus_bench.quality.runners.http import encode

from .reading import LoadReader, Reading


class Asker(Protocol):
    """Sends the one request that a load is made of."""

    async def ask(self, intended_at: float) -> Reading:
        """Never raises for what the target does."""


@asynccontextmanager
async def open_asker(target: Target, request: Mapping[str, Any], bounds: Bounds) -> AsyncIterator[Asker]:
    """The asker for a target's transport."""
    if target.transport == "grpc":
        async with open_runner(target, bounds) as runner:
            yield _GrpcAsker(runner, request)
    else:
        asker = _HttpAsker(target, request, bounds)
        try:
            yield asker
        finally:
            asker.close()


class _HttpAsker:
    """Takes an idle connection, or opens one: requests never queue behind each other here."""

    def __init__(self, target: Target, request: Mapping[str, Any], bounds: Bounds) -> None:
        self._target = target
        self._request = encode(target, request)
        self._bounds = bounds
        self._tls = ssl.create_default_context() if target.tls else None
        self._idle: list[Connection] = []

    async def ask(self, intended_at: float) -> Reading:
        reader = LoadReader()
        connection: Connection | None = None
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
        now = time.monotonic()
        return Reading(
            intended_at=intended_at,
            sent_at=reader.sent_at or now,
            first_at=reader.first_at,
            ended_at=reader.ended_at if reader.failure is None else now,
            tokens=reader.tokens,
            events=reader.events,
            failure=reader.failure,
        )

    def close(self) -> None:
        for connection in self._idle:
            connection.leave()

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.idle:
                return connection
        loop = asyncio.get_running_loop()
        _, opened = await loop.create_connection(
            Connection, self._target.host, self._target.port, ssl=self._tls
        )
        return opened

    def _give_back(self, connection: Connection | None) -> None:
        if connection is None:
            return
        if connection.idle:
            self._idle.append(connection)
        else:
            connection.leave()


class _GrpcAsker:
    """By the same runner as the suites: its peer shares links among all requests."""

    def __init__(self, runner: Runner, request: Mapping[str, Any]) -> None:
        self._runner = runner
        self._request = request

    async def ask(self, intended_at: float) -> Reading:
        sent_at = time.monotonic()
        seen = await self._runner.ask(self._request)
        timing, failure = seen.timing, seen.answer.failure
        return Reading(
            intended_at=intended_at,
            sent_at=sent_at,
            first_at=None if timing.ttft_s is None else sent_at + timing.ttft_s,
            ended_at=sent_at + timing.latency_s,
            tokens=seen.usage.completion_tokens if seen.usage else None,
            events=len(seen.events),
            failure=None if failure is None else failure.code or failure.type,
        )
