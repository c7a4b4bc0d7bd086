"""`python -m janus_sandbox [--insecure | --check]`: serves sandboxes until told to stop.

With `--check` it only makes a trial run, as at every start, and ends with status 2 if none succeeds.
"""

import asyncio
import os
import sys

import janus_mesh as mesh
from janus_mesh import logs
from janus_mesh.errors import Unavailable

from . import agents
from .choice import choose
from .service import serve
from .settings import SandboxSettings

log = logs.get("sandbox")

_CHECK = "--check"
_BAD_CONFIGURATION = 2  # nothing that trying again would mend


async def run(settings: SandboxSettings, stop: asyncio.Event) -> None:
    try:
        table = agents.load(settings.sandbox_agents)
        backend = await choose(settings)
    except (Unavailable, ValueError) as error:
        log.error("sandboxes cannot be isolated here", reason=str(error))
        sys.exit(_BAD_CONFIGURATION)
    if _CHECK in sys.argv[1:]:
        log.info("a trial run succeeded", backend=backend.isolation.backend)
        await backend.close()
        return
    await serve(settings, backend, table, stop)


def main() -> None:
    if "--insecure" in sys.argv[1:]:
        os.environ["JANUS_SANDBOX_INSECURE"] = "1"
    mesh.run("sandbox", SandboxSettings, run)


if __name__ == "__main__":
    main()
