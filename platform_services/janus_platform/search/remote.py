"""Search engines on the network: SearXNG and Serper, over one bounded HTTP call."""

import json
from types import TracebackType
from typing import Any, Self

import httpx

from janus_mesh.errors import DeadlineExceeded
from janus_platform.gate.errors import UpstreamFailed

from .engine import Result

_LONGEST_ANSWER = 4 * 1024 * 1024


class _Http:
    """JSON from one engine; use as `async with`."""

    def __init__(self, base_url: str, seconds: float, headers: dict[str, str] | None = None) -> None:
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=seconds, follow_redirects=False
        )

    async def ask(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        try:
            async with self._client.stream(method, path, **fields) as answer:
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LONGEST_ANSWER:
                        raise UpstreamFailed("the search engine's answer is too long", code="search_failed")
        except httpx.TimeoutException:
            raise DeadlineExceeded(
                f"the search engine did not answer within {self._seconds:g} s", code="search_timeout"
            ) from None
        except httpx.TransportError as error:
            raise UpstreamFailed(f"the search engine failed: {error}", code="search_failed") from None
        if answer.status_code != 200:
            raise UpstreamFailed(
                f"the search engine answered with status {answer.status_code}", code="search_failed"
            )
        return _object(bytes(body))

    async def close(self) -> None:
        await self._client.aclose()


class Searxng:
    """A SearXNG instance whose settings allow the JSON format."""

    source = "searxng"

    def __init__(self, base_url: str, *, seconds: float) -> None:
        self.destination = httpx.URL(base_url).netloc.decode()
        self._http = _Http(base_url, seconds)

    async def search(self, query: str, limit: int, owner: str) -> list[Result]:  # noqa: ARG002
        found = await self._http.ask("GET", "/search", params={"q": query, "format": "json"})
        return _results(found, "results", {"title": "title", "url": "url", "snippet": "content"}, limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()


class Serper:
    """Serper's Google search."""

    source = "serper"

    def __init__(self, base_url: str, key: str, *, seconds: float) -> None:
        self.destination = httpx.URL(base_url).netloc.decode()
        self._http = _Http(base_url, seconds, {"x-api-key": key})

    async def search(self, query: str, limit: int, owner: str) -> list[Result]:  # noqa: ARG002
        found = await self._http.ask("POST", "/search", json={"q": query, "num": limit})
        return _results(found, "organic", {"title": "title", "url": "link", "snippet": "snippet"}, limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UpstreamFailed("the search engine's answer is no JSON object", code="search_failed")
    return found


def _results(found: dict[str, Any], key: str, names: dict[str, str], limit: int) -> list[Result]:
    """The well-formed ones of a list of hits."""
    hits = found.get(key)
    formed = [
        hit
        for hit in (hits if isinstance(hits, list) else ())
        if isinstance(hit, dict) and isinstance(hit.get(names["url"]), str)
    ]
    return [
        Result(**{ours: str(hit.get(theirs) or "") for ours, theirs in names.items()})
        for hit in formed[:limit]
    ]
