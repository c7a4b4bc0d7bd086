"""The platform services in the test's own event loop, over whichever inference backend."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter
from support.http_service import serving

from janus_platform.app import build_app
from janus_platform.gate.gate import Gate
from janus_platform.inference.backend import Backend
from janus_platform.inference.embedded.runtime import ModelRuntime

CHAT = "/v1/chat/completions"
DONE = "[DONE]"


@asynccontextmanager
async def platform_over(
    backend: AbstractAsyncContextManager[Backend],
    *,
    max_body_bytes: int = 1024 * 1024,
    gate: Gate | None = None,
    services: Sequence[APIRouter] = (),
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the platform's HTTP surface."""
    async with (
        backend as entered,
        serving(build_app(entered, max_body_bytes=max_body_bytes, gate=gate, services=services)) as url,
        httpx.AsyncClient(base_url=url, timeout=50, trust_env=False, verify=False) as client,
    ):
        yield client


async def health_of(client: httpx.AsyncClient, status: str) -> dict[str, Any]:
    """What `/health` says of inference as soon as it says this status."""
    while (said := (await client.get("/health")).json())["inference"]["status"] != status:
        pass
    inference: dict[str, Any] = said["inference"]
    return inference


def events_in(body: str) -> list[Any]:
    """The payloads of a whole event stream: JSON, or `[DONE]`."""
    events = [event.removeprefix("data: ") for event in body.split("\n\n") if event.startswith("data: ")]
    return [event if event == DONE else json.loads(event) for event in events]


def text_in(events: list[Any], choice: int = 0) -> str:
    """The text of one choice of a stream."""
    choices = (each for event in events if event != DONE for each in event["choices"])
    return "".join(each["delta"].get("content") or "" for each in choices if each["index"] == choice)


@dataclass(frozen=True, slots=True)
class RealModel:
    """The platform over the real model, and the model's process."""

    client: httpx.AsyncClient
    runtime: ModelRuntime

    async def chat(self, **fields: Any) -> dict[str, Any]:
        """A whole answer, as settled as the model can be unless told otherwise."""
        answer = await self.client.post(CHAT, json=question(**fields))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def stream(self, **fields: Any) -> list[Any]:
        """The events of a streamed answer."""
        answer = await self.client.post(CHAT, json=question(stream=True, **fields))
        assert answer.status_code == 200, answer.text
        return events_in(answer.text)

    async def refusal(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Status and error of a request that is refused."""
        answer = await self.client.post(CHAT, json=question(**fields))
        error: dict[str, Any] = answer.json()["error"]
        return answer.status_code, error

    async def busy_slots(self) -> int:
        """Generations that llama.cpp itself is at, whatever the platform believes."""
        slots = (await self.runtime.client().get("/slots")).json()
        return sum(slot["is_processing"] for slot in slots)


def question(text: str = "What is the capital of France?", **fields: Any) -> dict[str, Any]:
    """A request that takes the model a second."""
    messages = [{"role": "user", "content": text}]
    return {"model": "any", "messages": messages, "temperature": 0, "max_tokens": 12, **fields}
