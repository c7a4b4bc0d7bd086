"""Boxes that are one process of ours each, in a control group and under a uid of its own.

What the process is, bubblewrap or gVisor's `runsc`, is its launcher's affair.
"""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from janus_mesh.errors import Unavailable

from . import cgroups
from .backend import Isolation, Usage
from .ground import Ground
from .limits import Limits
from .supervised_box import SupervisedBox
from .supervisor_link import SupervisorLink
from .watched_process import WatchedProcess

_LEAVE_SECONDS = 1.0
_LIMITS_LOST = "limits of memory, processes and CPU: no control groups can be written here"
_UIDS_LOST = "a user of its own for each sandbox: the service does not run as root"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a launcher puts a box."""

    box_id: str
    limits: Limits
    user: int | None  # None: as ourselves
    groups: Sequence[Path]  # to be entered by writing `0`
    control: int  # the supervisor's end of its socket


class Launcher(Protocol):
    """Starts a box's process."""

    @property
    def name(self) -> str: ...

    @property
    def holds(self) -> tuple[str, ...]: ...

    @property
    def carries(self) -> bool:
        """Whether descriptors can only go in (see `SupervisorLink`)."""

    @property
    def own_users(self) -> bool:
        """Whether each box runs under a uid of its own where we may give one."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What every command finds."""

    def charged(self, limits: Limits) -> Limits:
        """What the control group of such a box is to allow: its own needs come on top."""

    def launch(self, place: Place) -> WatchedProcess:
        """Must be called on the main thread: the box ends with the thread that started it."""

    def clear(self, box_id: str) -> None:
        """Removes what a box that ended left."""


class ProcessBackend:
    """Boxes by a launcher."""

    def __init__(self, ground: Ground, launcher: Launcher) -> None:
        self._ground = ground
        self._launcher = launcher

    @property
    def isolation(self) -> Isolation:
        tree, root, users = self._ground.tree, os.geteuid() == 0, self._launcher.own_users
        groups = (f"control groups {tree.version}",) if tree else ()
        uids = ("a uid for each sandbox",) if root and users else ()
        missing = (_LIMITS_LOST,) * (tree is None) + (_UIDS_LOST,) * (users and not root)
        return Isolation(self._launcher.name, (*self._launcher.holds, *groups, *uids), missing)

    async def start(self, box_id: str, limits: Limits) -> SupervisedBox:
        user = self._ground.new_user() if self._launcher.own_users else None
        group = self._ground.new_group(box_id, self._launcher.charged(limits))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            files = group.process_files if group else ()
            try:
                process = self._launcher.launch(Place(box_id, limits, user, files, theirs.fileno()))
            except OSError as error:  # no processes or descriptors left
                ours.close()
                if group:
                    group.remove()
                raise Unavailable(f"a sandbox could not be started: {error.strerror}") from error
        hold = _Hold(process, group, user, self._ground, self._launcher, box_id)
        link = SupervisorLink(ours, box_id, carries=self._launcher.carries)
        return await SupervisedBox.open_when_ready(link, hold, self._launcher.environment)

    async def close(self) -> None:
        await asyncio.to_thread(self._ground.close)


@dataclass(frozen=True, slots=True)
class _Hold:
    process: WatchedProcess
    group: cgroups.Group | None
    user: int | None
    ground: Ground
    launcher: Launcher
    box_id: str

    def give(self, output: int) -> None:
        if self.user is not None:
            os.fchown(output, self.user, self.user)
        elif self.launcher.carries:  # to a kernel that knows none of the machine's users
            os.fchmod(output, 0o622)

    def usage(self) -> Usage:
        return self.group.usage() if self.group else Usage()

    def said(self) -> str:
        return self.process.said()

    async def end(self, link: SupervisorLink) -> None:
        # Process 1 takes all others with it. The launched process is spared: it collects what it started,
        # which else would wait for whoever collects the machine's orphans, and is gone then.
        if self.group:
            self.group.kill(sparing=self.process.pid)
        link.close()
        if not await self.process.ended(within=_LEAVE_SECONDS):
            self.process.kill()
            await self.process.ended()
        if self.group:
            await asyncio.to_thread(self.group.remove)
        self.launcher.clear(self.box_id)
        self.ground.forget_user(self.user)
