"""Janus itself: edge, router and shim, three processes of this very environment, hop after hop.

A transport between them is one entry of `TRANSPORTS`: its name and the settings that choose it.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from janus_bench.mesh.load import LOOPBACK, Endpoint
from janus_bench.mesh.processes import Part, free_port
from janus_bench.mesh.target import Layout, Missing, Provided, Site, Target

_SERVICES = ("janus_shim", "janus_router", "janus_edge")
_COMPETITORS = """\
competitors:
  - id: bench
    url: http://127.0.0.1:{mock_port}
    max_concurrency: 100000
"""
_UNBOUNDED = {  # what is measured is what a stream costs, not when a service begins to refuse
    "JANUS_MAX_STREAMS": "100000",
    "JANUS_ROUTER_MAX_EXCHANGES": "100000",
    "JANUS_ROUTER_EJECT_AFTER": "1000000",  # the driver breaks off calls that outlive their clients
    "JANUS_FIRST_EVENT_TIMEOUT": "3600",
    "JANUS_GAP_TIMEOUT": "3600",
    "JANUS_TOTAL_TIMEOUT": "7200",
}


@dataclass(frozen=True, slots=True)
class Transport:
    """A way for the three to talk with each other."""

    name: str
    settings: Mapping[str, str]
    most_streams: int
    slow: bool


TRANSPORTS = (
    Transport("janus", {"JANUS_MESH_TRANSPORT": "link"}, most_streams=1_000_000, slow=False),
    Transport("janus-rpc", {"JANUS_MESH_TRANSPORT": "rpc"}, most_streams=400, slow=True),
)


def provide(_cache: Path) -> Provided:
    for service in _SERVICES:
        if find_spec(service) is None or find_spec(f"{service}.__main__") is None:
            raise Missing(f"{service} is not installed here, or cannot be started")
    return Provided((sys.executable, "-m"), version("janus-edge"))


def _target(transport: Transport) -> Target:
    def arrange(provided: Provided, site: Site) -> Layout:
        return _three_hops(provided, site, transport.settings)

    return Target(
        transport.name,
        "three hops: edge, router, shim",
        provide,
        arrange,
        transport.most_streams,
        slow=transport.slow,
        once=transport.slow,
    )


def _three_hops(provided: Provided, site: Site, settings: Mapping[str, str]) -> Layout:
    registry = site.folder / "competitors.yaml"
    registry.write_text(_COMPETITORS.format(mock_port=site.mock_port), encoding="utf-8")
    shim, shim_metrics, router, router_metrics, edge = (free_port() for _ in range(5))
    shared = {"JANUS_COMPETITORS": str(registry), "JANUS_LOG_LEVEL": "warning", **_UNBOUNDED, **settings}

    def part(service: str, port: int, health: str | None, **environment: int | str) -> Part:
        own = {name: str(value) for name, value in environment.items()}
        name = service.removeprefix("janus_")
        return Part(name, (*provided.command, service), port, {**shared, **own}, health)

    return Layout(
        (
            part("janus_shim", shim, None, JANUS_SHIM_PORT=shim, JANUS_SHIM_METRICS_PORT=shim_metrics),
            part(
                "janus_router",
                router,
                None,
                JANUS_ROUTER_PORT=router,
                JANUS_ROUTER_METRICS_PORT=router_metrics,
                JANUS_SHIM_URL=f"{LOOPBACK}:{shim}",
            ),
            part("janus_edge", edge, "/health", JANUS_PORT=edge, JANUS_ROUTER_URL=f"{LOOPBACK}:{router}"),
        ),
        Endpoint(edge),
    )


TARGETS = tuple(_target(transport) for transport in TRANSPORTS)
