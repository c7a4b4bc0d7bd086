"""Sandboxes come, stay and go."""

from typing import Any

from fastapi import APIRouter, Request

from janus_mesh.errors import InvalidRequest
from janus_mesh.http import client_left, while_present
from janus_sandbox.backend import Isolation
from janus_sandbox.sandbox import Order, Priority
from janus_sandbox.sandboxes import Sandboxes
from janus_sandbox.settings import SandboxSettings

from .views import resources, stats, view
from .wire import CreateRequest, PreviewRequest, RefreshRequest, SandboxView


def lifecycle_routes(settings: SandboxSettings, sandboxes: Sandboxes, isolation: Isolation) -> APIRouter:
    routes = APIRouter()

    @routes.post("/sandboxes", status_code=201)
    async def create(request: Request, asked: CreateRequest | None = None) -> SandboxView:
        """A client that leaves meanwhile leaves no sandbox: nobody would know its id."""
        making = sandboxes.create(_order(asked or CreateRequest(), settings))
        return view(await while_present(making, client_left(request.receive)))

    @routes.get("/sandboxes")
    async def every() -> dict[str, list[SandboxView]]:
        """Those that live, and those that ended lately."""
        return {"sandboxes": [view(one) for one in sandboxes.all()]}

    @routes.get("/sandboxes/{sandbox_id}")
    async def one(sandbox_id: str) -> SandboxView:
        return view(sandboxes.find(sandbox_id))

    @routes.delete("/sandboxes/{sandbox_id}")
    @routes.post("/sandboxes/{sandbox_id}/terminate")
    async def terminate(sandbox_id: str) -> SandboxView:
        return view(await sandboxes.terminate(sandbox_id))

    @routes.post("/sandboxes/{sandbox_id}/refresh")
    async def refresh(sandbox_id: str, asked: RefreshRequest | None = None) -> SandboxView:
        ttl = asked.ttl_seconds if asked else None
        return view(sandboxes.refresh(sandbox_id, ttl, settings.sandbox_max_ttl))

    @routes.post("/sandboxes/{sandbox_id}/preview")
    async def preview(sandbox_id: str, asked: PreviewRequest) -> dict[str, Any]:
        """Where an exposed port of the sandbox is seen."""
        sandbox, _ = sandboxes.running(sandbox_id)
        if asked.port not in sandbox.order.ports:
            raise InvalidRequest(f"port: {asked.port} is not among `exposePorts`", param="port")
        return {"port": asked.port, "url": f"{sandbox.url}/ports/{asked.port}/"}

    @routes.get("/stats")
    async def figures() -> dict[str, Any]:
        return stats(sandboxes, isolation)

    @routes.get("/resources")
    async def resource_figures() -> dict[str, Any]:
        return resources(sandboxes)

    return routes


def _order(asked: CreateRequest, settings: SandboxSettings) -> Order:
    ttl = settings.sandbox_ttl if asked.ttl_seconds is None else asked.ttl_seconds
    if ttl > settings.sandbox_max_ttl:
        raise InvalidRequest(f"ttlSeconds: at most {settings.sandbox_max_ttl:g}", param="ttlSeconds")
    priority = Priority[asked.priority.upper()]
    return Order(
        flavor=asked.flavor,
        priority=priority,
        preemptable=priority is Priority.LOW if asked.preemptable is None else asked.preemptable,
        ttl=ttl,
        ports=frozenset(asked.expose_ports),
        env=asked.env,
        owner=asked.owner,
        egress_token=asked.egress_token.get_secret_value(),
    )
