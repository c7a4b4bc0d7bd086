"""`python -m janus_competition`: serves until SIGTERM or SIGINT."""

import asyncio

import janus_mesh as mesh

from .service import running
from .settings import CompetitionSettings

log = mesh.logs.get("competition")


async def serve(settings: CompetitionSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set, then lets live calls finish."""
    mesh.metrics.serve(settings.competition_metrics_port, settings.competition_host)
    async with running(settings) as address:
        log.info("listening", address=address)
        await stop.wait()
        log.info("stopping", drain_seconds=settings.drain_seconds)


def main() -> None:
    mesh.run("competition", CompetitionSettings, serve)


if __name__ == "__main__":
    main()
