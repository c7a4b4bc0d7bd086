"""Calls of the platform services in the name of one request, and what their refusals become."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from janus_mesh import traces
from janus_mesh.errors import CompetitorFailed, JanusError, Overloaded, RateLimited, Unavailable
from janus_mesh.headers import REQUEST_ID, TOKEN

_LONGEST_REFUSAL = 64 * 1024


class Platform:
    """Connections to the platform services, kept alive; use as `async with`."""

    def __init__(self, url: str, *, connect_seconds: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(30.0, connect=connect_seconds, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,  # the platform is reached directly or not at all
        )

    def account(self, request_id: str, token: str) -> "Account":
        """Calls on the account of one request."""
        headers = {REQUEST_ID: request_id} | ({TOKEN: token} if token else {})
        traces.inject(headers)
        return Account(self._client, headers)

    async def embedded(self) -> bool:
        """Whether the demonstration model stands behind the inference proxy, as far as it says."""
        try:
            said = (await self._client.get("/health", timeout=2.0)).json()
        except (httpx.HTTPError, ValueError):
            return False
        inference = said.get("inference") if isinstance(said, dict) else None
        return isinstance(inference, dict) and inference.get("backend") == "embedded"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


class Account:
    """The platform as one request sees it. Every call raises a `JanusError` for what does not work."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    @property
    def charged(self) -> bool:
        """Whether there is an account at all."""
        return TOKEN in self._headers

    @asynccontextmanager
    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        refused: Callable[[int, str], None] | None = None,
        **fields: Any,
    ) -> AsyncIterator[httpx.Response]:
        """An answer of status 2xx, its head read. Leaving the block ends the call.

        `refused` is told the status and code of a refusal, and may raise an error of its own.
        """
        sent = self._headers | (headers or {})
        try:
            async with self._client.stream(method, path, headers=sent, **fields) as answer:
                if not answer.is_success:
                    error = await _refusal(answer)
                    if refused is not None:
                        refused(answer.status_code, error.code)
                    raise error
                yield answer
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable(
                f"the platform services cannot be reached: {error}",
                code="platform_unavailable",
                retry_after=1,
            ) from error
        except httpx.TransportError as error:
            raise Unavailable(
                f"the platform services broke off: {error!r}", code="platform_failed"
            ) from error

    async def object(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """The JSON object that a call answers with."""
        async with self.call(method, path, **fields) as answer:
            body = await answer.aread()
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"{path}: the platform's answer is no JSON object", code="platform_failed")
        return found


async def _refusal(answer: httpx.Response) -> JanusError:
    """What the platform, or the service behind it, refuses, in its own words."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _LONGEST_REFUSAL:
            break
    message, code = _said(bytes(body))
    message = message or f"the platform services answered with status {answer.status_code}"
    wait = answer.headers.get("retry-after", "")
    retry_after = float(wait) if wait.isdecimal() else 0.0
    match answer.status_code:
        case 402:
            return RateLimited(message, code=code)
        case 429:
            return Overloaded(message, code=code, retry_after=retry_after)
        case status if status >= 500:
            return Unavailable(message, code=code, retry_after=retry_after)
    return CompetitorFailed(message, code=code)


def _said(body: bytes) -> tuple[str, str]:
    """Message and code of an error as OpenAI writes it."""
    try:
        error = orjson.loads(body)["error"]
        return str(error["message"]), str(error.get("code") or "")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return "", ""
