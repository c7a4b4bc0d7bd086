"""The sandbox service behind the proxy: Sandy itself, or ours, which speaks the same."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from janus_mesh import traces
from janus_mesh.errors import Unavailable
from janus_mesh.headers import REQUEST_ID
from janus_platform.gate.errors import UpstreamFailed

# What of a request goes on, beside its id and trace; the caller's credentials never do.
_PASSED_ON = ("content-type", "accept", "range")
_LONGEST_ANSWER = 1024 * 1024


class Upstream:
    """Calls of the service; use as `async with`."""

    def __init__(self, base_url: str, key: str, *, connect_seconds: float) -> None:
        self.place = httpx.URL(base_url).netloc.decode()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": f"Bearer {key}"} if key else {},
            # How long a command or an agent may take is said in its call and kept by the service.
            timeout=httpx.Timeout(None, connect=connect_seconds),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            follow_redirects=False,
        )

    @asynccontextmanager
    async def call(
        self, method: str, path: str, headers: Mapping[str, str], *, body: bytes = b"", query: str = ""
    ) -> AsyncIterator[httpx.Response]:
        """An answer, its head read. Leaving the block ends the call. Raises `Unavailable`."""
        passed = {name: headers[name] for name in (*_PASSED_ON, REQUEST_ID) if name in headers}
        traces.inject(passed)
        url = f"{path}?{query}" if query else path
        try:
            async with self._client.stream(method, url, headers=passed, content=body or None) as answer:
                yield answer
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable(
                f"the sandbox service cannot be reached: {error}", code="sandbox_unavailable", retry_after=1
            ) from None
        except httpx.TransportError as error:
            raise UpstreamFailed(f"the sandbox service broke off: {error}", code="sandbox_failed") from None

    async def object(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status and body of a small call of the proxy's own."""
        headers = {"content-type": "application/json"} if body else {}
        async with self.call(method, path, headers, body=body) as answer:
            return answer.status_code, read_object(await _whole(answer))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


async def _whole(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _LONGEST_ANSWER:
            raise UpstreamFailed("the sandbox service's answer is too long", code="sandbox_failed")
    return bytes(body)


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        found = orjson.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
