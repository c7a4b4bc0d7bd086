"""The sandbox service behind the proxy: Sandy itself, or ours, which speaks the same."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from janus_mesh import traces
from janus_mesh.errors import DeadlineExceeded, Unavailable
from janus_mesh.headers import REQUEST_ID
from janus_platform.gate.errors import UpstreamFailed

from .order import has_ended

SANDBOXES = "/api/sandboxes"

# What of a request goes on, beside its id and trace; the caller's credentials never do.
_PASSED_ON = ("content-type", "accept", "range")
_LONGEST_ANSWER = 1024 * 1024
# Between two bytes. A command answers when it has ended, 600 s later at most in our own service.
_SILENCE_SECONDS = 660.0
# For a small call of the proxy's own; making a sandbox in a container engine takes tens of seconds.
_OBJECT_SECONDS = 90.0


class Upstream:
    """Calls of the service; use as `async with`."""

    def __init__(self, base_url: str, key: str, *, connect_seconds: float) -> None:
        self.place = httpx.URL(base_url).netloc.decode()
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(_SILENCE_SECONDS, connect=connect_seconds, pool=None),
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
        except httpx.TimeoutException:
            raise DeadlineExceeded("the sandbox service is silent", code="sandbox_timeout") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise UpstreamFailed(f"the sandbox service broke off: {error}", code="sandbox_failed") from None

    async def object(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status and body of a small call of the proxy's own."""
        headers = {"content-type": "application/json"} if body else {}
        try:
            async with (
                asyncio.timeout(_OBJECT_SECONDS),
                self.call(method, path, headers, body=body) as answer,
            ):
                return answer.status_code, read_object(await _whole(answer))
        except TimeoutError:
            raise DeadlineExceeded("the sandbox service is silent", code="sandbox_timeout") from None

    async def lives(self, sandbox_id: str) -> bool:
        """Whether a sandbox is there and has not ended."""
        status, body = await self.object("GET", f"{SANDBOXES}/{sandbox_id}")
        return status not in (404, 410) and not has_ended(body)

    async def end(self, sandbox_id: str) -> None:
        """Ends a sandbox. Raises `UpstreamFailed` when the service did not."""
        status, _ = await self.object("POST", f"{SANDBOXES}/{sandbox_id}/terminate")
        if status >= 300 and status not in (404, 410):
            raise UpstreamFailed(f"the sandbox was not ended: status {status}", code="sandbox_failed")

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
