"""The real Envoy with `envoy/envoy.yaml` on free ports, and its clients of both kinds."""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc
from support.answers import ask

import janus_mesh as mesh
from janus_mesh import logs

CONFIG = Path(__file__).parents[2] / "envoy" / "envoy.yaml"
BIN = Path(sys.executable).parent
_READY_SECONDS = 10.0


class Config:
    """`envoy.yaml` as parsed, with names for the places that tests look at or edit."""

    def __init__(self) -> None:
        # Through JSON, so that parts shared by a YAML anchor can be edited apart.
        self.tree: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(CONFIG.read_text())))

    @property
    def admin(self) -> dict[str, Any]:
        return _address(self.tree["admin"])

    def listener(self, name: str) -> dict[str, Any]:
        return _named(self.tree["static_resources"]["listeners"], name)

    def address(self, name: str) -> dict[str, Any]:
        """Where a listener listens."""
        return _address(self.listener(name))

    def manager(self, name: str) -> dict[str, Any]:
        """The HTTP connection manager of a listener."""
        manager: dict[str, Any] = self.listener(name)["filter_chains"][0]["filters"][0]["typed_config"]
        return manager

    def routes(self, name: str) -> list[dict[str, Any]]:
        """What a listener does with the requests that it passes on."""
        (host,) = self.manager(name)["route_config"]["virtual_hosts"]
        return [route["route"] for route in host["routes"] if "route" in route]

    def cluster(self, name: str) -> dict[str, Any]:
        return _named(self.tree["static_resources"]["clusters"], name)

    def upstream(self, name: str) -> dict[str, Any]:
        """Where a cluster leads."""
        endpoint = self.cluster(name)["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        return _address(endpoint)

    def http2(self, name: str) -> dict[str, Any]:
        """How a cluster speaks HTTP/2."""
        (options,) = self.cluster(name)["typed_extension_protocol_options"].values()
        found: dict[str, Any] = options["explicit_http_config"]["http2_protocol_options"]
        return found

    def for_test(self, *, edge_port: int, router_port: int) -> "Config":
        """Free ports, these upstreams, and health checks quick enough to wait for."""
        for address in (self.admin, self.address("http"), self.address("grpc")):
            address["port_value"] = 0
        for name, port in (("edge", edge_port), ("router", router_port)):
            self.upstream(name)["port_value"] = port
            (check,) = self.cluster(name)["health_checks"]
            check["interval"] = check["no_traffic_interval"] = "0.1s"
            self.cluster(name)["common_lb_config"]["update_merge_window"] = "0s"
        return self


@dataclass
class Envoy:
    """A running Envoy."""

    grpc: str
    client: httpx.AsyncClient
    peer: mesh.Peer
    admin: httpx.AsyncClient
    _lines: asyncio.Queue[dict[str, Any]]

    @property
    def http(self) -> httpx.URL:
        return self.client.base_url

    @asynccontextmanager
    async def chat(self, listener: str, request_id: str = "") -> AsyncIterator[AsyncIterator[str]]:
        """Gives the words of an answer as they arrive; leaving the block hangs up."""
        request_id = request_id or f"req_{uuid.uuid4().hex}"
        if listener == "http":
            body = {"model": "janus", "messages": [{"role": "user", "content": "hello"}], "stream": True}
            headers = {"x-request-id": request_id}
            async with (
                self.client.stream("POST", "/v1/chat/completions", json=body, headers=headers) as response,
                aclosing(_sse_words(response)) as words,
            ):
                yield words
        else:
            with logs.bound(request_id=request_id):
                async with self.peer.chat(ask("janus")) as exchange, aclosing(_mesh_words(exchange)) as words:
                    yield words

    async def access_log(self, request_id: str) -> dict[str, Any]:
        """The access log's line of a request; waits until it is written."""
        async with asyncio.timeout(5):
            while True:
                line = await self._lines.get()
                if line.get("request_id") == request_id:
                    return line

    async def until_open(self, cluster: str, wanted: bool = True) -> None:
        """Waits until requests reach a cluster, or no longer do."""
        reaches = self._reaches_edge if cluster == "edge" else self._reaches_router

        async def as_wanted() -> bool:
            return await reaches() is wanted

        await _until(as_wanted, f"{cluster} to be {'open' if wanted else 'closed'}")

    async def _reaches_edge(self) -> bool:
        return "gateway_unavailable" not in (await self.client.get("/health")).text

    async def _reaches_router(self) -> bool:
        try:
            await self.peer.stub(health_pb2_grpc.HealthStub).Check(health_pb2.HealthCheckRequest())
        except grpc.aio.AioRpcError as error:
            return error.details() != "no healthy upstream"
        return True

    async def until_paused(self, cluster: str, streams: int) -> None:
        """Waits until Envoy has stopped reading this many answers, because their clients do not."""

        async def paused() -> bool:
            names = f"^cluster.{cluster}.upstream_flow_control_(paused|resumed)_reading_total$"
            found = (await self.admin.get("/stats", params={"filter": names, "format": "json"})).json()
            values = {stat["name"].split("_")[-3]: stat["value"] for stat in found["stats"] if "name" in stat}
            return bool(values["paused"] - values["resumed"] >= streams)

        await _until(paused, f"{streams} answers to be paused")


@asynccontextmanager
async def running(config: Config, folder: Path) -> AsyncIterator[Envoy]:
    """Envoy from when it reaches its upstreams until it is killed."""
    written, admin_address, log = (folder / name for name in ("envoy.json", "admin-address", "envoy.log"))
    written.write_text(json.dumps(config.tree))
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(str(BIN / "envoy"), "-c", str(written), "--disable-hot-restart", "--concurrency", "1"),
            *("--admin-address-path", str(admin_address), "--file-flush-interval-msec", "20"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=sink,
        )
    lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    reading = asyncio.create_task(_read_lines(process, lines))
    try:

        async def addressed() -> bool:
            assert process.returncode is None, log.read_text()[-4000:]
            return admin_address.exists() and ":" in admin_address.read_text()

        await _until(addressed, "Envoy's admin address")
        async with httpx.AsyncClient(base_url=f"http://{admin_address.read_text()}") as admin:

            async def ready() -> bool:
                return (await admin.get("/ready")).status_code == 200

            await _until(ready, "Envoy to be ready")
            found = (await admin.get("/listeners?format=json")).json()["listener_statuses"]
            ports = {
                listener["name"]: listener["local_address"]["socket_address"]["port_value"]
                for listener in found
            }
            address = f"127.0.0.1:{ports['grpc']}"
            async with (
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports['http']}", timeout=30) as client,
                mesh.dial(address) as peer,
            ):
                envoy = Envoy(address, client, peer, admin, lines)
                for cluster in ("edge", "router"):
                    await envoy.until_open(cluster)
                yield envoy
    finally:
        process.kill()
        await process.wait()
        await reading


async def _sse_words(response: httpx.Response) -> AsyncGenerator[str, None]:
    assert response.status_code == 200, await response.aread()
    async for line in response.aiter_lines():
        if line.startswith("data: {"):
            chunk = json.loads(line.removeprefix("data: "))
            assert "error" not in chunk, line
            for choice in chunk["choices"]:
                if content := choice["delta"].get("content"):
                    yield content


async def _mesh_words(exchange: mesh.ClientExchange) -> AsyncGenerator[str, None]:
    async for event in exchange:
        if event.content:
            yield event.content


async def _read_lines(process: asyncio.subprocess.Process, lines: asyncio.Queue[dict[str, Any]]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.put_nowait(json.loads(line))


async def _until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Asks again and again, for what another process will not tell by itself."""
    deadline = time.monotonic() + _READY_SECONDS
    while not await condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.01)


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _address(holder: dict[str, Any]) -> dict[str, Any]:
    address: dict[str, Any] = holder["address"]["socket_address"]
    return address
