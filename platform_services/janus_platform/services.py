"""Every service but inference, as the environment describes it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from fastapi import APIRouter

from .fetch.download import Bounds, Downloaded, Downloader
from .fetch.network import SystemDialler, SystemResolver
from .fetch.page import Page, Reader
from .fetch.routes import fetch_routes
from .gate.gate import Gate
from .settings import PlatformSettings
from .worker.client import Worker

_READING_SECONDS = 15.0


@asynccontextmanager
async def running(settings: PlatformSettings, gate: Gate) -> AsyncIterator[Sequence[APIRouter]]:
    """The services' routes, which work until the block is left."""
    async with AsyncExitStack() as stack:
        downloader = await stack.enter_async_context(
            Downloader(
                Bounds(
                    seconds=settings.fetch_timeout,
                    connect_seconds=settings.connect_timeout,
                    bytes=settings.fetch_max_bytes,
                    redirects=settings.fetch_max_redirects,
                    ports=settings.fetch_ports,
                ),
                SystemResolver(),
                SystemDialler(),
                tls=httpx.create_ssl_context(),
                exempt=settings.fetch_allowed_networks,
            )
        )
        extractor = await stack.enter_async_context(
            Worker("janus_platform.fetch.extractor", seconds=_READING_SECONDS)
        )

        async def fetched(identity: str, came: Downloaded, page: Page) -> None:
            """Nobody listens yet."""

        yield [fetch_routes(downloader, Reader(extractor), gate, fetched)]
