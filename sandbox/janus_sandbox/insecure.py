"""No isolation: commands run as the service's own user in a temporary folder.

For development on a machine that cannot isolate, and only when asked for by name.
"""

import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from janus_mesh.errors import Unavailable

from .backend import Isolation, Usage
from .bubblewrap.image import lay_out_supervisor
from .limits import Limits
from .supervised_box import SupervisedBox
from .supervisor_link import SupervisorLink
from .watched_process import WatchedProcess

_READY_SECONDS = 10.0
_LEAVE_SECONDS = 2.0
_LOST = (
    "everything: commands read and write whatever the service's user may",
    "the network is open, past the platform services and unlogged",
    "no limits of memory, processes, CPU or disk",
    "sandboxes see each other",
    "absolute paths like /workspace are only known to the file API",
)


class Insecure:
    """Boxes that hold nothing."""

    isolation = Isolation("none", holds=(), missing=_LOST)

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="janus-insecure-"))
        lay_out_supervisor(self._folder / "supervisor")

    async def start(self, box_id: str, limits: Limits) -> SupervisedBox:  # noqa: ARG002  # nobody keeps them
        folder = self._folder / box_id
        roots = {"/workspace": folder / "workspace", "/tmp": folder / "tmp", "/home/janus": folder / "home"}  # noqa: S108  # inside
        for root in roots.values():
            root.mkdir(parents=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            configuration = {
                "control": theirs.fileno(),
                "egress_port": 0,
                "roots": {name: str(root) for name, root in roots.items()},
            }
            command = (
                sys.executable,
                "-I",
                "-S",
                str(self._folder / "supervisor"),
                json.dumps(configuration),
            )
            process = WatchedProcess.start(command, (theirs.fileno(),))
        link = SupervisorLink(ours, box_id)

        async def finish() -> None:
            link.close()  # at which the supervisor ends what it started, and then itself
            if not await process.ended(within=_LEAVE_SECONDS):
                process.kill()
                await process.ended()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

        try:
            listener, port = await link.ready(_READY_SECONDS)
        except Unavailable:
            await finish()
            raise
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(roots["/home/janus"])}
        return SupervisedBox(
            link, listener, port, environment=environment, user=None, usage=Usage, finish=finish
        )

    async def close(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
