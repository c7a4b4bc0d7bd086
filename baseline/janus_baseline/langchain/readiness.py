"""Whether a question could be answered now, published as the server's health."""

import asyncio

import httpx2

import janus_mesh as mesh

_SECONDS = 2.0

log = mesh.logs.get("langchain")


async def keep_published(server: mesh.Server, http: httpx2.AsyncClient, platform_url: str) -> None:
    """Asks the platform for its health until cancelled; the server is as well as it is."""
    known: bool | None = None
    while True:
        ready = await _ready(http, platform_url)
        if ready != known:
            known = ready
            log.info("health", serving=ready)
            for service in ("", mesh.CHAT_SERVICE):
                await server.set_health(service, ready)
        await asyncio.sleep(_SECONDS)


async def _ready(http: httpx2.AsyncClient, platform_url: str) -> bool:
    try:
        answer = await http.get(f"{platform_url}/health", timeout=_SECONDS)
    except httpx2.TransportError:
        return False
    # Another OpenAI server, without this path, is no reason to refuse work.
    return answer.status_code < 500
