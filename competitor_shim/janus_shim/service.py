"""The shim as a whole: its gRPC server with chat and artifact services, the health watch, the registry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import janus_mesh as mesh
from janus_proto._gen.janus.artifact.v1 import artifact_pb2_grpc

from .answer import HttpAnswer
from .artifacts import ARTIFACT_SERVICE, ArtifactServicer
from .containers import Containers
from .health import HealthWatch, Publish
from .http import HttpClient
from .registry import Registry, RegistryFile, container_at
from .settings import Settings


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[mesh.Server]:
    """Serves until the block is left, then lets live exchanges finish. Raises `OSError` at a taken port."""
    server = mesh.Server(settings.shim_host, settings.shim_port, drain_seconds=settings.drain_seconds)
    stop = asyncio.Event()
    client = HttpClient(settings.connect_timeout, rest=settings.shim_rest_ms / 1000)
    async with client, asyncio.TaskGroup() as tasks:
        publish = _publisher(server, sidecar=bool(settings.shim_target))
        watch = HealthWatch(client, publish, settings.shim_health_seconds, tasks)
        containers = await _containers(settings, watch, tasks, stop)
        server.serve_chat(HttpAnswer(containers, client, settings))
        server.add(
            artifact_pb2_grpc.add_ArtifactServiceServicer_to_server,
            ArtifactServicer(containers, client, settings),
            ARTIFACT_SERVICE,
        )
        async with server:
            await watch.follow(containers)
            yield server
        stop.set()
        watch.stop()


def _publisher(server: mesh.Server, *, sidecar: bool) -> Publish:
    """Health goes out under the competitor's id; a side-car is also as well as its one container."""

    async def publish(competitor_id: str, healthy: bool) -> None:
        await server.set_health(competitor_id, healthy)
        if sidecar:
            await server.set_health("", healthy)

    return publish


async def _containers(
    settings: Settings, watch: HealthWatch, tasks: asyncio.TaskGroup, stop: asyncio.Event
) -> Containers:
    """The one container of a side-car, or those of the registry, which is followed from now on."""
    if settings.shim_target:
        return Containers(only=container_at(settings.shim_target, settings.shim_competitor_id))
    containers = Containers()
    file = RegistryFile(settings.competitors)

    async def changed(registry: Registry) -> None:
        containers.replace(registry)
        await watch.follow(containers)

    await file.read()
    containers.replace(file.registry)
    tasks.create_task(file.follow(changed, stop))
    return containers
