"""Many clients of long streams at once, each on a connection of its own, and how each one ended.

async with crowd(stack.url, "steady", 200) as clients:   # all have their first token
    ...
    endings = await clients.endings(within=20)           # how often each ending was seen
"""

import asyncio
import collections
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_FIRST_TOKEN_SECONDS = 40.0
# The first chunk has a role and an empty content, and comes before the competitor's first token.
_TOKEN = re.compile(rb'"content":\s*"[^"]')
_CODE = re.compile(rb'"code":\s*"(\w+)"')


class Crowd:
    """The clients. An ending is an error's code, `done`, or `closed` for a connection without either."""

    def __init__(self, url: str, model: str, count: int, script: str) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), address.port or 80
        self._body = json.dumps(
            {"model": model, "stream": True, "messages": [{"role": "user", "content": script}]}
        ).encode()
        self._begun = [asyncio.Event() for _ in range(count)]
        self._tasks = [asyncio.create_task(self._follow(begun)) for begun in self._begun]

    async def begun(self) -> None:
        async with asyncio.timeout(_FIRST_TOKEN_SECONDS):
            await asyncio.gather(*(begun.wait() for begun in self._begun))

    async def endings(self, *, within: float) -> dict[str, int]:
        """Waits for every client's ending, at most so many seconds; `none` counts those without one."""
        done, pending = await asyncio.wait(self._tasks, timeout=within)
        seen = collections.Counter(task.result() for task in done)
        if pending:
            seen["none"] = len(pending)
        return dict(seen)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, begun: asyncio.Event) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(self._body)}\r\n\r\n"
        )
        writer.write(head.encode() + self._body)
        try:
            with suppress(OSError):
                return await self._ending(reader, begun)
            return "closed"
        finally:
            writer.transport.abort()

    async def _ending(self, reader: asyncio.StreamReader, begun: asyncio.Event) -> str:
        while line := await reader.readline():
            if b'"error"' in line and (code := _CODE.search(line)):
                return code[1].decode()
            if b"[DONE]" in line:
                return "done"
            if _TOKEN.search(line):
                begun.set()
        return "closed"


@asynccontextmanager
async def crowd(url: str, model: str, count: int, script: str = "tokens:2000:0.2") -> AsyncIterator[Crowd]:
    clients = Crowd(url, model, count, script)
    try:
        await clients.begun()
        yield clients
    finally:
        await clients.close()
