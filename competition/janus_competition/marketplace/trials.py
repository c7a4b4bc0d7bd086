"""Trials: for each component one narrow call of the platform services, on a token of a small budget.

A visitor gives one text and nothing else. What is called, with which limits, stands here; where it is
called is the operator's setting. The platform judges addresses, budgets and sandboxes as it does for
competitors, so a visitor gets no further than a competitor would.
"""

import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from janus_mesh import request_token
from janus_mesh.errors import (
    CompetitorFailed,
    CompetitorTimeout,
    InvalidRequest,
    JanusError,
    NotFound,
    PermissionDenied,
    RateLimited,
    Unavailable,
)
from janus_mesh.headers import TOKEN

SECONDS = 30.0
_LONGEST_INPUT = 2_000
_LONGEST_OUTPUT = 4_000
_MOST_BYTES = 512 * 1024
_SANDBOX_SECONDS = 60
_COMMAND_MILLISECONDS = 10_000

# What the platform refuses is the visitor's to mend; the rest is the platform's.
_REFUSALS: dict[int, type[JanusError]] = {
    400: InvalidRequest,
    403: PermissionDenied,
    404: NotFound,
    413: InvalidRequest,
    415: InvalidRequest,
    402: RateLimited,
    429: RateLimited,
    503: Unavailable,
    504: CompetitorTimeout,
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial."""

    output: str
    call: str
    seconds: float
    truncated: bool


class Trials:
    """To be entered; each trial has a name and a token of its own."""

    def __init__(self, url: str, key: str, *, budget_usd: float) -> None:
        self._key = key
        self._budget_usd = budget_usd
        self._client = httpx.AsyncClient(
            base_url=url, timeout=SECONDS, trust_env=False, follow_redirects=False
        )

    async def __aenter__(self) -> "Trials":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def run(self, component_id: str, text: str) -> Tried:
        """Raises `NotFound` for a component without a trial, and what the call itself fails with."""
        trial = _TRIALS.get(component_id)
        if trial is None:
            raise NotFound(f"{component_id!r} cannot be tried", param="component_id")
        if not text.strip() or len(text) > _LONGEST_INPUT:
            raise InvalidRequest(f"input: needs 1 to {_LONGEST_INPUT} characters", param="input")
        began = time.monotonic()
        platform = _Platform(self._client, self._headers())
        try:
            output = await trial(platform, text.strip())
        except (KeyError, IndexError, TypeError, AttributeError):
            raise CompetitorFailed("the component's answer has another shape than expected") from None
        seconds = time.monotonic() - began
        return Tried(output[:_LONGEST_OUTPUT], platform.first_call, seconds, len(output) > _LONGEST_OUTPUT)

    def _headers(self) -> dict[str, str]:
        if not self._key:
            return {}
        name = f"try_{uuid.uuid4().hex}"
        token = request_token.mint(
            self._key, "marketplace-trial", name, lifetime=2 * SECONDS, budget_usd=self._budget_usd
        )
        return {TOKEN: token}


class _Platform:
    """The platform's side of one trial."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers
        self.first_call = ""

    async def post(self, path: str, body: Any = None, *, content: bytes | None = None, **query: str) -> Any:
        """The JSON answer. Raises the typed error of a refusal or a failure."""
        self.first_call = self.first_call or f"POST {path}"
        status, raw = await self._sent(path, orjson.dumps(body) if content is None else content, query)
        try:
            answer = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise CompetitorFailed("the component's answer is no JSON") from None
        if status >= 400:
            raise _refusal(status, answer)
        return answer

    async def _sent(self, path: str, content: bytes, query: dict[str, str]) -> tuple[int, bytes]:
        headers = {"content-type": "application/json", **self._headers}
        try:
            async with self._client.stream(
                "POST", path, content=content, params=query, headers=headers
            ) as response:
                parts, size = [], 0
                async for part in response.aiter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > _MOST_BYTES:
                        raise CompetitorFailed("the component's answer is too large to show")
                return response.status_code, b"".join(parts)
        except httpx.TimeoutException:
            raise CompetitorTimeout(f"the component did not answer within {SECONDS:g} s") from None
        except httpx.TransportError:
            raise Unavailable(
                "the platform services cannot be reached", code="platform_unavailable", retry_after=1.0
            ) from None


def _refusal(status: int, answer: Any) -> JanusError:
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    kind = _REFUSALS.get(status, CompetitorFailed)
    return kind(
        str(message or f"the component answered with status {status}"), param="input", code=str(code or "")
    )


async def _fetch(platform: _Platform, url: str) -> str:
    page = await platform.post("/v1/fetch", {"url": url, "max_chars": _LONGEST_OUTPUT})
    return _shown({name: page.get(name) for name in ("url", "status", "title", "text")})


async def _search(platform: _Platform, query: str) -> str:
    return _shown(await platform.post("/v1/search", {"query": query[:1000], "limit": 3}))


async def _vectors(platform: _Platform, query: str) -> str:
    notes = [
        "A two-stroke engine fires once in every turn of its crankshaft.",
        "Oslo is the capital of Norway.",
        "Janus was the Roman god of doors and beginnings.",
        "Sourdough rises by wild yeast and takes a day.",
    ]
    collection = "/v1/vectors/marketplace-trial"
    await platform.post(f"{collection}/upsert", {"documents": [{"text": note} for note in notes]})
    return _shown(await platform.post(f"{collection}/search", {"query": query, "limit": 2}))


async def _embeddings(platform: _Platform, text: str) -> str:
    made = await platform.post("/v1/embeddings", {"model": "any", "input": text})
    vector = made["data"][0]["embedding"]
    begins = [round(number, 4) for number in vector[:8]]
    return _shown(
        {"model": made["model"], "dimensions": len(vector), "begins": begins, "usage": made["usage"]}
    )


async def _inference(platform: _Platform, prompt: str) -> str:
    asked = {"model": "any", "messages": [{"role": "user", "content": prompt}], "max_tokens": 96}
    answer = await platform.post("/v1/chat/completions", asked)
    return _shown(
        {
            "model": answer["model"],
            "content": answer["choices"][0]["message"]["content"],
            "usage": answer.get("usage"),
        }
    )


async def _artifact(platform: _Platform, text: str) -> str:
    made = await platform.post(
        "/v1/artifacts", content=text.encode(), name="note.txt", type="file", ttl_seconds="60"
    )
    return _shown({name: value for name, value in made.items() if name != "url"})


async def _sandbox(platform: _Platform, code: str) -> str:
    box = await platform.post("/api/sandboxes", {"priority": "low", "ttlSeconds": _SANDBOX_SECONDS})
    path = f"/api/sandboxes/{box['sandboxId']}"
    try:
        await platform.post(f"{path}/files/write", {"path": "/workspace/trial.py", "content": code})
        ran = await platform.post(
            f"{path}/exec",
            {"command": "python3 /workspace/trial.py", "timeoutMs": _COMMAND_MILLISECONDS},
        )
    finally:
        with suppress(JanusError):  # its time to live ends it soon
            await platform.post(f"{path}/terminate", {})
    return _shown({name: ran.get(name) for name in ("stdout", "stderr", "exitCode")})


def _shown(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


_TRIALS: dict[str, Callable[[_Platform, str], Awaitable[str]]] = {
    "web-fetch": _fetch,
    "web-search": _search,
    "vector-memory": _vectors,
    "embeddings": _embeddings,
    "inference-proxy": _inference,
    "artifact-store": _artifact,
    "code-sandbox": _sandbox,
}
