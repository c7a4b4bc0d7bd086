"""The shim as a whole: its gRPC server with chat and artifact services, the health watch, the registry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import janus_mesh as mesh
from janus_mesh.registry import Entry, RegistryInvalid, RegistryWatch, content, parse_file
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

from .answer import HttpAnswer
from .artifacts import ARTIFACT_SERVICE, ArtifactServicer
from .containers import Containers, container_at, containers_of
from .health import HealthWatch, Publish
from .http import HttpClient
from .settings import Settings

log = mesh.logs.get("shim")


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[mesh.Server]:
    """Serves until the block is left, then lets live streams finish.

    Raises `RegistryInvalid` when the registry file cannot be used, and `OSError` when the port is taken.
    """
    raw, entries = _registry(settings)
    server = mesh.Server(settings.shim_host, settings.shim_port, drain_seconds=settings.drain_seconds)
    client = HttpClient(settings.connect_timeout, rest=settings.shim_rest_ms / 1000)
    async with client, asyncio.TaskGroup() as tasks:
        publish = _publisher(server, sidecar=bool(settings.shim_target))
        watch = HealthWatch(client, publish, settings.shim_health_seconds, tasks)
        containers = _containers(settings, entries)
        server.serve_chat(HttpAnswer(containers, client, settings))
        server.add(
            artifact_pb2_grpc.add_ArtifactServiceServicer_to_server,
            ArtifactServicer(containers, client, settings),
            ARTIFACT_SERVICE,
        )
        async with server:
            await watch.follow(containers)
            following = None
            if not settings.shim_target:
                following = tasks.create_task(_following(settings, raw, containers, watch).run())
            try:
                yield server
            finally:
                if following is not None:
                    following.cancel()
        watch.stop()


def _publisher(server: mesh.Server, *, sidecar: bool) -> Publish:
    """Health goes out under the competitor's id; a side-car is also as healthy as its one container."""

    async def publish(competitor_id: str, problem: str) -> None:
        await server.set_health(competitor_id, not problem, problem)
        if sidecar:
            await server.set_health("", not problem, problem)

    return publish


def _registry(settings: Settings) -> tuple[bytes, tuple[Entry, ...]]:
    """The registry file's content and entries; nothing for a side-car, which reads none."""
    if settings.shim_target:
        return b"", ()
    raw = content(settings.competitors)
    return raw, parse_file(raw, settings.competitors, settings.default_model)


def _containers(settings: Settings, entries: tuple[Entry, ...]) -> Containers:
    """The one container of a side-car, or those of the registry."""
    if settings.shim_target:
        return Containers(only=container_at(settings.shim_target, settings.shim_competitor_id))
    containers = Containers()
    containers.replace(containers_of(entries))
    return containers


def _following(settings: Settings, raw: bytes, containers: Containers, watch: HealthWatch) -> RegistryWatch:
    """Follows the registry file from its content at the start on."""

    async def accept(entries: tuple[Entry, ...]) -> None:
        containers.replace(containers_of(entries))
        await watch.follow(containers)
        log.info("registry loaded", containers=sorted(container.id for container in containers))

    def refuse(error: RegistryInvalid) -> None:
        log.error("registry refused, the running one stays", reason=str(error))

    return RegistryWatch(settings.competitors, raw, settings.default_model, accept=accept, refuse=refuse)
