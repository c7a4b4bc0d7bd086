"""The whole service: backend, sandboxes, and the two ports that show them."""

import asyncio
from collections.abc import Mapping

import janus_mesh as mesh
from janus_mesh import logs

from .admission import Capacity
from .agents import Agent
from .api import build_api
from .backend import Backend
from .egress import EgressGate
from .ingress import build_ingress
from .limits import DEFAULT_FLAVOR
from .sandboxes import Sandboxes
from .settings import SandboxSettings
from .warm_pool import WarmPool

log = logs.get("sandbox")


def assemble(settings: SandboxSettings, backend: Backend) -> Sandboxes:
    """Sandboxes of a backend as the settings want them, not yet open."""
    public = settings.sandbox_public_url.rstrip("/") or f"http://{settings.target}:{settings.artifact_port}"
    return Sandboxes(
        backend,
        Capacity(settings.sandbox_max, settings.sandbox_memory_bytes, settings.sandbox_owner_share),
        WarmPool(backend, DEFAULT_FLAVOR, settings.sandbox_warm),
        EgressGate(settings.platform_url),
        lambda sandbox_id: f"{public}/{sandbox_id}",
    )


async def serve(
    settings: SandboxSettings, backend: Backend, agents: Mapping[str, Agent], stop: asyncio.Event
) -> None:
    """Serves until `stop`; then ends every sandbox."""
    log.info("isolation", backend=backend.isolation.backend, missing=backend.isolation.missing)
    sandboxes = assemble(settings, backend)
    sandboxes.open()
    api = build_api(settings, sandboxes, backend.isolation, agents)
    ingress = build_ingress(sandboxes, settings.hosts)
    ports = ((api, settings.sandbox_port), (ingress, settings.artifact_port))
    try:
        async with asyncio.TaskGroup() as serving:
            for app, port in ports:
                serving.create_task(
                    mesh.serve_http(
                        app,
                        settings.sandbox_host,
                        port,
                        stop,
                        drain_seconds=settings.drain_seconds,
                        limits=settings.http_limits(),
                    )
                )
    except* OSError as group:
        raise group.exceptions[0] from None
    finally:
        await sandboxes.close()
        await backend.close()
