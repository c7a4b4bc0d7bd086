"""Every service but inference, as the environment describes it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from fastapi import APIRouter

from janus_mesh import logs
from janus_mesh.errors import JanusError

from .artifacts.routes import artifact_routes
from .artifacts.store import ArtifactStore, open_store
from .artifacts.sweeping import keep_swept
from .artifacts.upload import Uploads
from .embeddings.embedder import Embedder
from .fetch.download import Bounds, Downloaded, Downloader
from .fetch.network import SystemDialler, SystemResolver
from .fetch.page import Page, Reader
from .fetch.routes import fetch_routes
from .gate.gate import Gate
from .private_folder import private_folder
from .sandbox.holdings import Holdings
from .sandbox.proxy import SandboxProxy
from .sandbox.routes import sandbox_routes
from .sandbox.upstream import Upstream
from .search.engine import Engine
from .search.local_index import IndexedPage, LocalIndex, documents_in, search_database
from .search.remote import Searxng, Serper
from .search.routes import search_routes
from .settings import PlatformSettings
from .vectors.postgres_store import PostgresStore
from .vectors.qdrant_store import QdrantStore
from .vectors.routes import vector_routes
from .vectors.service import VectorService
from .vectors.sqlite_store import SqliteStore, vector_database
from .vectors.store import VectorStore
from .worker.client import Worker

_READING_SECONDS = 15.0
# Characters of a page that the local index keeps; without them, pages that are fetched could fill the disk.
_MOST_TITLE, _MOST_INDEXED = 1_000, 100_000

log = logs.get("platform")


@asynccontextmanager
async def running(
    settings: PlatformSettings, gate: Gate, embedder: Embedder
) -> AsyncIterator[Sequence[APIRouter]]:
    """The services' routes, which work until the block is left. Raises `OSError` for unusable folders."""
    async with AsyncExitStack() as stack:
        index = await _local_index(settings, stack)
        yield [
            await _fetch(settings, gate, index, stack),
            search_routes(await _engine(settings, index, stack), gate),
            await _vectors(settings, gate, embedder, stack),
            _artifacts(settings, gate, stack),
            await _sandboxes(settings, gate, stack),
        ]


async def _fetch(
    settings: PlatformSettings, gate: Gate, index: LocalIndex, stack: AsyncExitStack
) -> APIRouter:
    bounds = Bounds(
        seconds=settings.fetch_timeout,
        connect_seconds=settings.connect_timeout,
        bytes=settings.fetch_max_bytes,
        redirects=settings.fetch_max_redirects,
        ports=settings.fetch_ports,
    )
    downloader = await stack.enter_async_context(
        Downloader(
            bounds,
            SystemResolver(),
            SystemDialler(),
            tls=httpx.create_ssl_context(),
            exempt=settings.fetch_allowed_networks,
        )
    )
    extractor = Worker("janus_platform.fetch.extractor", seconds=_READING_SECONDS)
    reader = Reader(await stack.enter_async_context(extractor))

    async def fetched(identity: str, came: Downloaded, page: Page) -> None:
        try:
            await index.add(
                identity, IndexedPage(came.url, page.title[:_MOST_TITLE], page.text[:_MOST_INDEXED])
            )
        except JanusError as error:  # the page is there all the same
            log.warning("page not indexed", reason=error.message)

    return fetch_routes(downloader, reader, gate, fetched)


async def _local_index(settings: PlatformSettings, stack: AsyncExitStack) -> LocalIndex:
    database = await stack.enter_async_context(search_database(settings.platform_data / "search.sqlite"))
    index = LocalIndex(database, most_pages=settings.search_most_pages)
    await index.replace_documents(await asyncio.to_thread(documents_in, settings.search_docs))
    return index


async def _engine(settings: PlatformSettings, index: LocalIndex, stack: AsyncExitStack) -> Engine:
    """SearXNG wins over Serper, which costs."""
    seconds = settings.search_timeout
    if settings.searxng_base_url:
        return await stack.enter_async_context(Searxng(settings.searxng_base_url, seconds=seconds))
    if key := settings.serper_api_key.get_secret_value():
        return await stack.enter_async_context(Serper(settings.serper_base_url, key, seconds=seconds))
    return index


def _artifacts(settings: PlatformSettings, gate: Gate, stack: AsyncExitStack) -> APIRouter:
    private_folder(settings.platform_data)
    folder = private_folder(settings.platform_data / "artifacts").absolute()
    store = ArtifactStore(
        open_store(settings.artifacts_store or folder.as_uri()),
        most_bytes=settings.artifacts_max_total_bytes,
        share_bytes=settings.artifacts_max_competitor_bytes,
    )
    sweeping = asyncio.create_task(keep_swept(store, seconds=settings.artifacts_sweep_seconds))
    stack.callback(sweeping.cancel)
    base_url = settings.platform_url or f"http://{settings.platform_host}:{settings.platform_port}"
    uploads = Uploads(store, base_url=base_url, most_bytes=settings.artifacts_max_bytes)
    return artifact_routes(store, uploads, gate)


async def _sandboxes(settings: PlatformSettings, gate: Gate, stack: AsyncExitStack) -> APIRouter:
    upstream = await stack.enter_async_context(
        Upstream(
            settings.sandy_base_url or settings.sandbox_url,
            settings.sandy_api_key.get_secret_value(),
            connect_seconds=settings.connect_timeout,
        )
    )
    holdings = Holdings(
        gate.prices,
        upstream.place,
        look=upstream.lives,
        end=upstream.end,
        share=settings.sandboxes_per_competitor,
    )
    stack.push_async_callback(holdings.aclose)
    gate.ledger.at_close(holdings.close_account)
    proxy = SandboxProxy(upstream, holdings)
    charging = asyncio.create_task(holdings.keep_charging())
    stack.callback(charging.cancel)
    return sandbox_routes(proxy, gate, settings.max_body_bytes)


async def _vectors(
    settings: PlatformSettings, gate: Gate, embedder: Embedder, stack: AsyncExitStack
) -> APIRouter:
    service = VectorService(
        await _vector_store(settings, stack), embedder, most_documents=settings.vectors_most_documents
    )
    return vector_routes(service, gate)


async def _vector_store(settings: PlatformSettings, stack: AsyncExitStack) -> VectorStore:
    if settings.qdrant_url:
        key = settings.qdrant_api_key.get_secret_value()
        qdrant = QdrantStore(settings.qdrant_url, key, seconds=settings.vectors_timeout)
        return await stack.enter_async_context(qdrant)
    if url := settings.pgvector_url.get_secret_value():
        return await stack.enter_async_context(PostgresStore(url, seconds=settings.vectors_timeout))
    path = settings.platform_data / "vectors.sqlite"
    return SqliteStore(await stack.enter_async_context(vector_database(path)))
