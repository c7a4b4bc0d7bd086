"""`python -m janus_shim`: serves until SIGTERM or SIGINT."""

import asyncio

import janus_mesh as mesh

from .service import serving
from .settings import Settings


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    mesh.metrics.serve(settings.shim_metrics_port, settings.shim_host)
    async with serving(settings) as server:
        mesh.logs.get("shim").info("listening", address=server.address)
        await stop.wait()


def main() -> None:
    mesh.run("shim", Settings, serve)


if __name__ == "__main__":
    main()
