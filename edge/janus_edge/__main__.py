"""`python -m janus_edge` serves the edge until SIGTERM or SIGINT."""

import asyncio

import janus_mesh as mesh

from .app import create_app
from .settings import EdgeSettings


async def serve(settings: EdgeSettings, stop: asyncio.Event) -> None:
    """Serves on the configured address until `stop` is set, then lets live streams end."""
    async with mesh.dial(settings.router_url) as peer:
        app = create_app(settings, peer)
        await mesh.serve_http(app, settings.host, settings.port, stop, drain_seconds=settings.drain_seconds)


def main() -> None:
    mesh.run("edge", EdgeSettings, serve)


if __name__ == "__main__":
    main()
