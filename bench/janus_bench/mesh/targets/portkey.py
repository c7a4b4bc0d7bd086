"""Portkey's open gateway on Node: a one-hop peer that parses and rewrites each stream."""

import json
import shutil
from pathlib import Path

from janus_bench.mesh.installation import once, said_by, step
from janus_bench.mesh.load import Endpoint
from janus_bench.mesh.processes import Part, free_port
from janus_bench.mesh.target import Layout, Missing, Provided, Site, Target

_PACKAGE = "@portkey-ai/gateway"
_VERSION = "1.15.2"
# The release asks for any 1.x of this and does not start with the newest ones.
_OVERRIDES = {"@hono/node-server": "1.13.8"}


def provide(cache: Path) -> Provided:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise Missing("Node.js 20 or newer with npm is not installed: apt-get install nodejs npm")
    folder = once(cache / f"portkey-{_VERSION}", _install)
    server = folder / "node_modules" / _PACKAGE / "build/start-server.js"
    return Provided((node, str(server)), f"{_VERSION} (node {said_by(node, '--version').lstrip('v')})")


def _install(folder: Path) -> None:
    manifest = {"private": True, "dependencies": {_PACKAGE: _VERSION}, "overrides": _OVERRIDES}
    (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    step("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)


def arrange(provided: Provided, site: Site) -> Layout:
    port = free_port()
    headers = {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{site.mock_port}/v1",
    }
    part = Part(
        "portkey",
        (*provided.command, f"--port={port}", "--headless"),
        port,
        environment={"NODE_ENV": "production"},
    )
    return Layout((part,), Endpoint(port, headers=headers))


TARGET = Target("portkey", "one hop on Node", provide, arrange)
