"""Which backend this machine allows: the one that was asked for, or the first whose trial run succeeds."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from janus_mesh import logs
from janus_mesh.errors import Unavailable

from . import image as images
from .backend import Backend
from .bubblewrap import Bubblewrap
from .containers import Containers
from .containers.engine import end_leftovers, marked
from .ground import Ground
from .gvisor import Gvisor
from .image import Image
from .insecure import Insecure
from .limits import FLAVORS
from .process_backend import ProcessBackend
from .settings import SandboxSettings

log = logs.get("sandbox.choice")

AUTO = "auto"


async def _bubblewrap(ground: Ground, image: Image) -> Backend:
    return ProcessBackend(ground, Bubblewrap(ground, image))


async def _gvisor(ground: Ground, image: Image) -> Backend:
    return ProcessBackend(ground, Gvisor(ground, image))


async def _podman(ground: Ground, image: Image) -> Backend:
    return await Containers.open(ground, image, "podman")


async def _docker(ground: Ground, image: Image) -> Backend:
    return await Containers.open(ground, image, "docker")


# In the order in which they are tried.
BACKENDS: dict[str, Callable[[Ground, Image], Awaitable[Backend]]] = {
    "bubblewrap": _bubblewrap,
    "gvisor": _gvisor,
    "podman": _podman,
    "docker": _docker,
}


async def choose(settings: SandboxSettings) -> Backend:
    """Raises `Unavailable`, saying what is missing, unless running without isolation was asked for."""
    if sys.platform != "linux":
        raise Unavailable("sandboxes are made of Linux: run this service in a Linux machine or container")
    reasons = []
    names = list(BACKENDS) if settings.sandbox_backend == AUTO else [settings.sandbox_backend]
    for name in names:
        try:
            isolated = await opened(name, settings)
        except Unavailable as error:
            reasons.append(f"{name}: {error.message}")
            continue
        if reasons:
            log.warning("another backend than the first", backend=name, reasons=reasons)
        if isolated.isolation.missing:
            log.warning("isolation is not complete", missing=isolated.isolation.missing)
        return isolated
    reason = "; ".join(reasons)
    if not settings.sandbox_insecure:
        others = "" if settings.sandbox_backend == AUTO else "; JANUS_SANDBOX_BACKEND=auto tries the others"
        way_out = "or, on a machine with nothing to lose, JANUS_SANDBOX_INSECURE=1"
        raise Unavailable(f"{reason}{others}; {way_out}")
    log.warning("NO ISOLATION", reason=reason, lost=Insecure.isolation.missing)
    return Insecure()


async def opened(name: str, settings: SandboxSettings) -> Backend:
    """A backend that has proved by a trial run that it isolates on this machine. Raises `Unavailable`."""
    ground = Ground.open(settings.sandbox_state, _end_containers)
    try:
        image = images.make(ground.folder / "image", settings.image_folders)
        backend = await BACKENDS[name](ground, image)
        trial = await backend.start("trial", FLAVORS["small"])
        await trial.end()
    except BaseException:
        _end_containers(ground.folder)
        ground.close()
        raise
    return backend


def _end_containers(folder: Path) -> int:
    program = marked(folder)
    return end_leftovers(program, folder.name) if program else 0
