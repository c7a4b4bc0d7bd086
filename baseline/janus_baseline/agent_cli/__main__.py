"""`python -m janus_baseline.agent_cli`: serves the competitor until told to stop."""

import asyncio

import janus_mesh as mesh

from .service import running
from .settings import AgentCliSettings


async def serve(settings: AgentCliSettings, stop: asyncio.Event) -> None:
    async with running(settings) as app:
        await mesh.serve_http(
            app,
            settings.host,
            settings.port,
            stop,
            drain_seconds=settings.drain_seconds,
            limits=settings.http_limits(),
        )


def main() -> None:
    mesh.run("baseline-agent-cli", AgentCliSettings, serve)


if __name__ == "__main__":
    main()
