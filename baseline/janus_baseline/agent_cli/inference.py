"""The platform's inference proxy, which is all of the world that a competitor can reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import httpx

from janus_mesh import traces
from janus_mesh.errors import Unavailable
from janus_mesh.headers import TOKEN

from .settings import AgentCliSettings

_HEALTH_SECONDS = 2.0


class InferenceClient:
    """Connections to the proxy, kept alive; use as `async with`. Bounds on silence are the caller's."""

    def __init__(self, settings: AgentCliSettings) -> None:
        self._url = settings.inference_url
        key = settings.openai_api_key.get_secret_value()
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=settings.connect_timeout),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=False,  # the proxy is reached directly or not at all
        )

    @asynccontextmanager
    async def chat(self, body: bytes, request_id: str, token: str) -> AsyncIterator[httpx.Response]:
        """The proxy's answer, its head read and its body not. Leaving the block closes the connection.

        `token` is what came with the request, for the proxy to know on whose account it works.
        """
        headers = {
            "content-type": "application/json",
            "accept-encoding": "gzip, deflate",  # what `fast_path` unpacks
            "x-request-id": request_id,
        }
        if token:
            headers[TOKEN] = token
        traces.inject(headers)
        try:
            async with self._client.stream(
                "POST", f"{self._url}/chat/completions", content=body, headers=headers
            ) as response:
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unavailable(
                f"the inference proxy cannot be reached: {error}", code="inference_unavailable", retry_after=1
            ) from error
        except httpx.TransportError as error:
            raise Unavailable(f"the inference proxy broke off: {error}", code="inference_failed") from error

    async def unready(self) -> str:
        """Why no question can be asked now; empty when it can."""
        try:
            answer = await self._client.get(
                f"{self._url.removesuffix('/v1')}/health", timeout=_HEALTH_SECONDS
            )
        except httpx.TransportError as error:
            return f"the inference proxy cannot be reached: {error!r}"
        # Another OpenAI server, without this path, is no reason to refuse work.
        if answer.status_code < 500:
            return ""
        return f"the inference proxy is not ready: {answer.text[:200]}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()
