"""`python -m janus_router`: serves until SIGTERM or SIGINT."""

import asyncio
import sys

from prometheus_client import REGISTRY

import janus_mesh as mesh
from janus_mesh.registry import RegistryInvalid

from .gauges import RegistryGauges
from .service import running
from .settings import RouterSettings

log = mesh.logs.get("router")


async def serve(settings: RouterSettings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set; exits with 1 when the registry file is invalid."""
    mesh.metrics.serve(settings.router_metrics_port, settings.router_host)
    try:
        async with running(settings) as router:
            REGISTRY.register(RegistryGauges(router.registry))
            log.info("listening", address=router.address, competitors=len(router.registry.competitors))
            await stop.wait()
            log.info("stopping", drain_seconds=settings.drain_seconds)
    except RegistryInvalid as error:
        log.error("cannot start", reason=str(error))
        sys.exit(1)


def main() -> None:
    mesh.run("router", RouterSettings, serve)


if __name__ == "__main__":
    main()
