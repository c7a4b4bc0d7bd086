"""Puts the router together: registry, chat answer, services, and the order in which they stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import janus_mesh as mesh
from janus_mesh.registry import Entry, RegistryInvalid, RegistryWatch, content, parse_file
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc
from janus_proto._gen.janus.router.v1 import router_pb2_grpc

from . import api, artifacts
from .competitor import Limits
from .ejection import Rules
from .metering import REGISTRY_LOADS
from .peers import PeerPool
from .registry import Registry
from .routing import Router
from .settings import RouterSettings
from .usage.platform import Platform

log = mesh.logs.get("router")


@dataclass(frozen=True, slots=True)
class Running:
    """A router that serves."""

    address: str
    registry: Registry


@asynccontextmanager
async def running(settings: RouterSettings) -> AsyncIterator[Running]:
    """Serves until the block is left, then refuses what is new and lets live exchanges finish.

    Raises `RegistryInvalid` when the registry file cannot be used, and `OSError` when the address is taken.
    """
    path, default_model = settings.competitors, settings.default_model
    raw = content(path)
    entries = parse_file(raw, path, default_model)
    server = mesh.Server(settings.router_host, settings.router_port, drain_seconds=settings.drain_seconds)
    pool = PeerPool()
    registry = Registry(pool, _limits(settings), default_model=default_model, shim=settings.shim_url)
    platform = Platform(
        url=settings.platform_url.rstrip("/"),
        key=settings.platform_key.get_secret_value(),
        budget_usd=settings.request_budget_usd,
    )
    router = Router(registry, pool, platform, settings)
    routers = api.RouterApi(registry)
    fetches = artifacts.ArtifactApi(registry, pool, settings)
    server.serve_chat(router.answer)
    server.add(router_pb2_grpc.add_RouterServiceServicer_to_server, routers, api.SERVICE)
    server.add(artifact_pb2_grpc.add_ArtifactServiceServicer_to_server, fetches, artifacts.SERVICE)

    registry.replace(entries)
    watch = RegistryWatch(path, raw, default_model, accept=_accepting(registry), refuse=_refused)
    following = asyncio.create_task(watch.run())
    following.add_done_callback(_report)
    try:
        async with platform, server:
            try:
                yield Running(server.address, registry)
            finally:
                router.close()
                routers.close()
    finally:
        following.cancel()
        await asyncio.wait([following])
        await registry.close()
        await pool.close()


def _accepting(registry: Registry) -> Callable[[tuple[Entry, ...]], Awaitable[None]]:
    async def accept(entries: tuple[Entry, ...]) -> None:
        registry.replace(entries)
        REGISTRY_LOADS.labels("loaded").inc()
        log.info("registry loaded", competitors=len(entries))

    return accept


def _refused(error: RegistryInvalid) -> None:
    REGISTRY_LOADS.labels("refused").inc()
    log.error("registry refused, the running one stays", reason=str(error))


def _report(following: asyncio.Task[None]) -> None:
    if not following.cancelled():
        log.error("the registry file is no longer followed", exc_info=following.exception())


def _limits(settings: RouterSettings) -> Limits:
    return Limits(
        queue=settings.router_queue,
        ejection=Rules(
            failures=settings.router_eject_after,
            callers=settings.router_eject_callers,
            rate=settings.router_eject_rate,
            window=settings.router_eject_window,
            seconds=settings.router_eject_seconds,
            probes_per_second=settings.router_eject_probes_per_second,
        ),
        connect_timeout=settings.connect_timeout,
    )
