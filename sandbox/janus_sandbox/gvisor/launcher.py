"""One `runsc` for each box: a kernel in user space between the commands and the machine's own."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace

from janus_mesh.errors import Unavailable
from janus_sandbox.becoming import becoming
from janus_sandbox.ground import Ground
from janus_sandbox.image import Image
from janus_sandbox.limits import MIB, Limits
from janus_sandbox.process_backend import Place
from janus_sandbox.watched_process import WatchedProcess

from .bundle import make_root, write_bundle

# What its kernel and its file server need beside the commands: memory, and threads and stubs of theirs.
_OWN_BYTES = 96 * MIB
_OWN_TASKS, _TASKS_EACH = 256, 16


class Gvisor:
    """Raises `Unavailable` without the program, or for a service that is not root."""

    name = "gvisor"
    holds = (
        "a kernel of its own in user space",
        "its own network, without devices",
        "system call filters on both sides",
        "no privileges",
        "disk quota",
    )
    carries = True
    own_users = False

    def __init__(self, ground: Ground, image: Image) -> None:
        runsc = shutil.which("runsc")
        if runsc is None:
            raise Unavailable("gVisor is missing: no `runsc` on the PATH")
        if os.geteuid() != 0:
            raise Unavailable("gVisor is started by root here, and this service is not")
        self._runsc = runsc
        self._image = image
        self._owner = ground.name
        self._folder = ground.folder
        self._root = ground.folder / "root"
        make_root(self._root, image)

    @property
    def environment(self) -> Mapping[str, str]:
        return self._image.environment

    def charged(self, limits: Limits) -> Limits:
        """Inside, the limit of processes is a resource limit; the group only bounds what stands for them."""
        tasks = _TASKS_EACH * limits.processes + _OWN_TASKS
        return replace(limits, memory_bytes=limits.memory_bytes + _OWN_BYTES, processes=tasks)

    def launch(self, place: Place) -> WatchedProcess:
        bundle = self._folder / "boxes" / place.box_id
        write_bundle(bundle, self._root, self._image, place.limits)
        command = [
            *(self._runsc, "--root", str(self._folder / "runsc")),
            *("--network", "none", "--ignore-cgroups", "--oci-seccomp"),
            # Its control socket's name is made of this, and shared by all of the machine.
            *("run", "--bundle", str(bundle), f"{self._owner}-{place.box_id}"),
        ]
        # It ends its children when it ends; so that it ends with this service, whatever becomes of that.
        script = becoming(place.groups, command, prefix="setpriv --pdeathsig KILL")
        return WatchedProcess.start(script, stdin=place.control)

    def clear(self, box_id: str) -> None:
        shutil.rmtree(self._folder / "boxes" / box_id, ignore_errors=True)
