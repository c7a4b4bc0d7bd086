"""`python -m janus_edge` serves the edge until SIGTERM or SIGINT."""

import asyncio
from contextlib import AsyncExitStack

import janus_mesh as mesh

from .app import create_app
from .settings import EdgeSettings


async def serve(settings: EdgeSettings, stop: asyncio.Event) -> None:
    """Serves on the configured address until `stop` is set, then lets live streams end."""
    async with AsyncExitStack() as stack:
        router = await stack.enter_async_context(mesh.dial(settings.router_url))
        competition = None
        if settings.competition_url:
            competition = await stack.enter_async_context(mesh.dial(settings.competition_url))
        app = create_app(settings, router, competition)
        stack.push_async_callback(app.parser.close)
        await app.parser.start()
        await mesh.serve_http(
            app,
            settings.host,
            settings.port,
            stop,
            drain_seconds=settings.drain_seconds,
            limits=settings.http_limits(),
        )


def main() -> None:
    mesh.run("edge", EdgeSettings, serve)


if __name__ == "__main__":
    main()
