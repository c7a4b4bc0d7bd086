"""Which backend this machine allows: the one whose trial run succeeds, or none."""

import sys

from janus_mesh import logs
from janus_mesh.errors import Unavailable

from .backend import Backend
from .bubblewrap import Bubblewrap
from .insecure import Insecure
from .settings import SandboxSettings

log = logs.get("sandbox.choice")


async def choose(settings: SandboxSettings) -> Backend:
    """Raises `Unavailable`, saying what is missing, unless running without isolation was asked for."""
    if sys.platform != "linux":
        raise Unavailable("sandboxes are made of Linux: run this service in a Linux machine or container")
    try:
        isolated = await Bubblewrap.open(settings.sandbox_state, settings.image_folders)
    except Unavailable as error:
        if not settings.sandbox_insecure:
            way_out = "or, on a machine with nothing to lose, JANUS_SANDBOX_INSECURE=1"
            raise Unavailable(f"{error.message}; {way_out}") from error
        log.warning("NO ISOLATION", reason=error.message, lost=Insecure.isolation.missing)
        return Insecure()
    if isolated.isolation.missing:
        log.warning("isolation is not complete", missing=isolated.isolation.missing)
    return isolated
