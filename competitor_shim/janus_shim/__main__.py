"""`python -m janus_shim`: serves until SIGTERM or SIGINT."""

import asyncio
import sys

import janus_mesh as mesh
from janus_mesh.registry import RegistryInvalid

from .service import serving
from .settings import Settings

log = mesh.logs.get("shim")


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set; exits with 1 when the registry file is invalid."""
    mesh.metrics.serve(settings.shim_metrics_port, settings.shim_host)
    try:
        async with serving(settings) as server:
            log.info("listening", address=server.address)
            await stop.wait()
    except RegistryInvalid as error:
        log.error("cannot start", reason=str(error))
        sys.exit(1)


def main() -> None:
    mesh.run("shim", Settings, serve)


if __name__ == "__main__":
    main()
