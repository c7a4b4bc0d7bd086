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
from dataclasses import dataclass
from pathlib import Path

from .backend import Isolation, Usage
from .image import HOME, ROOTS, lay_out_supervisor
from .limits import Limits
from .supervised_box import SupervisedBox
from .supervisor_link import SupervisorLink
from .watched_process import WatchedProcess

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
        roots = {name: folder / name.strip("/").replace("/", "-") for name in ROOTS}
        for root in roots.values():
            root.mkdir(parents=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            configuration = {
                "control": theirs.fileno(),
                "egress_port": 0,
                "roots": {name: str(root) for name, root in roots.items()},
                "carries": False,
            }
            command = (
                sys.executable,
                "-I",
                "-S",
                str(self._folder / "supervisor"),
                json.dumps(configuration),
            )
            process = WatchedProcess.start(command, (theirs.fileno(),))
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(roots[HOME])}
        hold = _Hold(process, folder)
        return await SupervisedBox.open_when_ready(SupervisorLink(ours, box_id), hold, environment)

    async def close(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Hold:
    process: WatchedProcess
    folder: Path

    def give(self, output: int) -> None:
        """They run as ourselves."""

    def usage(self) -> Usage:
        return Usage()

    def said(self) -> str:
        return self.process.said()

    async def end(self, link: SupervisorLink) -> None:
        link.close()  # at which the supervisor ends what it started, and then itself
        if not await self.process.ended(within=_LEAVE_SECONDS):
            self.process.kill()
            await self.process.ended()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
