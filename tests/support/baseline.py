"""The baseline competitor in the test's own event loop, in front of a scripted inference proxy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from support.http_competitor import HttpCompetitor, Script
from support.http_service import serving

from janus_baseline.agent_cli.service import running
from janus_baseline.agent_cli.settings import AgentCliSettings

CHAT = "/v1/chat/completions"
ASKED = {"model": "asked", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = {**ASKED, "stream": True}


@dataclass(frozen=True, slots=True)
class Baseline:
    """A client of the baseline, and the proxy behind it."""

    client: httpx.AsyncClient
    inference: HttpCompetitor


@asynccontextmanager
async def baseline_at(inference_url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a baseline that calls this proxy."""
    configured = AgentCliSettings(inference_url=inference_url, **settings)
    async with (
        running(configured) as app,
        serving(app) as url,
        httpx.AsyncClient(base_url=url, timeout=50, trust_env=False, verify=False) as client,
    ):
        yield client


@asynccontextmanager
async def baseline(answers: Script, **settings: Any) -> AsyncIterator[Baseline]:
    """A baseline whose inference proxy answers so."""
    async with (
        HttpCompetitor(answers) as inference,
        baseline_at(f"{inference.url}/v1", **settings) as client,
    ):
        yield Baseline(client, inference)
