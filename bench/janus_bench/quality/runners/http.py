"""Asks over HTTP, as an OpenAI client does: a stream with usage, read at the socket."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from janus_bench.connection import Connection
from janus_bench.quality.observation import Answering, Observation
from janus_bench.quality.task import Failure

from . import failures
from .artifacts import HttpFiles, fetch_all
from .bounds import Bounds
from .sse import SseReader
from .target import Target

_LINGER_SECONDS = 1.0


class HttpRunner:
    """A connection for each question: no answer waits behind another's."""

    def __init__(self, target: Target, bounds: Bounds) -> None:
        self._target = target
        self._bounds = bounds
        self._tls = ssl.create_default_context() if target.tls else None
        self._files = httpx.AsyncClient(
            base_url=target.origin, timeout=bounds.connect_seconds, trust_env=False
        )

    async def ask(self, request: Mapping[str, Any]) -> Observation:
        answering = Answering()
        reader = SseReader(self._bounds)
        began = time.monotonic()
        given_up = await self._converse(request, reader)
        ended_at = reader.last_at if reader.last_at and given_up is None else time.monotonic()
        await reader.understand(answering, ended_at, given_up)
        files = HttpFiles(self._files, self._target.api_key)
        artifacts = await fetch_all(answering, files, self._bounds)
        sent_at = reader.sent_at or began
        return answering.observed(sent_at, max(0.0, ended_at - sent_at), artifacts)

    async def _converse(self, request: Mapping[str, Any], reader: SseReader) -> Failure | None:
        """Fills `reader` until the answer is over; returns what made the bench give it up before."""
        try:
            async with asyncio.timeout(self._bounds.connect_seconds):
                connection = await self._connect()
        except TimeoutError:
            bound = self._bounds.connect_seconds
            return failures.unreachable(f"no connection within {bound:g} s")
        except OSError as error:
            return failures.unreachable(error.strerror or str(error))
        asking = asyncio.create_task(connection.ask(encode(self._target, request), reader))
        try:
            return await self._await_end(reader, asking)
        finally:
            connection.leave()
            with suppress(asyncio.CancelledError):
                asking.cancel()
                await asking

    async def _await_end(self, reader: SseReader, asking: "asyncio.Task[None]") -> Failure | None:
        """Until `[DONE]` and a little more, the body's end, or the end of patience."""
        bounds, began = self._bounds, time.monotonic()
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

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        target = self._target
        _, connection = await loop.create_connection(Connection, target.host, target.port, ssl=self._tls)
        return connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._files.aclose()


def encode(target: Target, request: Mapping[str, Any]) -> bytes:
    """The bytes of a whole HTTP/1.1 request for a stream."""
    body = orjson.dumps(target.asking(request))
    headers = {
        "host": target.authority,
        "content-type": "application/json",
        "accept": "text/event-stream",
        "content-length": str(len(body)),
        "user-agent": "janus-bench",
    }
    if target.api_key:
        headers["authorization"] = f"Bearer {target.api_key}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {target.base_path}/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + body
