"""Puts the competitor together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

import janus_mesh as mesh

from .answer import AgentAnswer
from .readiness import keep_published
from .settings import LangChainSettings


@asynccontextmanager
async def serving(settings: LangChainSettings) -> AsyncIterator[mesh.Server]:
    """Serves chat, health and reflection until the block is left. Raises `OSError` at a taken port."""
    server = mesh.Server(settings.host, settings.port, drain_seconds=settings.drain_seconds)
    async with httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=settings.connect_timeout),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=64),
        trust_env=False,  # the platform is reached directly or not at all
    ) as http:
        server.serve_chat(AgentAnswer(settings, http))
        async with server:
            publishing = asyncio.create_task(keep_published(server, http, settings.platform_url))
            try:
                yield server
            finally:
                publishing.cancel()
