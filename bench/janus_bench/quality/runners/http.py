"""Asks over HTTP, as an OpenAI client does: a stream with usage, read at the socket."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from janus_bench.connection import Connection
from janus_bench.quality.observation import Answering, Observation

from .artifacts import HttpFiles, fetch_all
from .bounds import Bounds
from .conversing import converse
from .sse import SseReader
from .target import Target


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
        given_up = await converse(self._connect, encode(self._target, request), reader, self._bounds)
        ended_at = reader.last_at if reader.last_at and given_up is None else time.monotonic()
        await reader.understand(answering, ended_at, given_up)
        files = HttpFiles(self._files, self._target.api_key)
        artifacts = await fetch_all(answering, files, self._bounds)
        sent_at = reader.sent_at or began
        return answering.observed(sent_at, max(0.0, ended_at - sent_at), artifacts)

    async def _connect(self) -> Connection:
        return await connect(self._target, self._tls)

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


async def connect(target: Target, tls: ssl.SSLContext | None = None) -> Connection:
    """A connection that can be asked; `OSError` when there is nobody."""
    loop = asyncio.get_running_loop()
    if target.tls and tls is None:
        tls = ssl.create_default_context()
    _, connection = await loop.create_connection(
        lambda: Connection(by_kernel=True), target.host, target.port, ssl=tls
    )
    return connection
