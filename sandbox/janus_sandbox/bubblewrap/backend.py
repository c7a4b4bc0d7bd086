"""The backend: boxes made by bubblewrap, in groups of the kernel, each under a uid of its own."""

import asyncio
import os
import secrets
import socket
from pathlib import Path

from janus_mesh.errors import JanusError, Unavailable
from janus_sandbox import cgroups
from janus_sandbox.backend import Isolation, Usage
from janus_sandbox.instance import Instance, sweep
from janus_sandbox.limits import FLAVORS, Limits
from janus_sandbox.supervised_box import SupervisedBox
from janus_sandbox.supervisor_link import SupervisorLink

from . import image as images
from .launch import environment, launch
from .seccomp import write_filter

_READY_SECONDS = 10.0
_LEAVE_SECONDS = 1.0
_GROUPS = "janus-sandbox"
# Where neither people nor other containers have their ids.
_FIRST_USER, _USERS = 1_900_000_000, 100_000_000
_HOLDS = (
    "user, pid, network, mount, ipc, uts and cgroup namespaces",
    "system call filter",
    "no privileges",
    "disk quota",
)
_LIMITS_LOST = "limits of memory, processes and CPU: no control groups can be written here"
_UIDS_LOST = "a user of its own for each sandbox: the service does not run as root"


class Bubblewrap:
    """Made by `open`, which proves by a trial run that it isolates on this machine."""

    def __init__(self, instance: Instance, extra: tuple[Path, ...]) -> None:
        self._instance = instance
        self._filter = instance.folder / "syscalls.bpf"
        try:
            write_filter(self._filter)
        except RuntimeError:
            raise Unavailable("libseccomp is missing: apt-get install libseccomp2") from None
        self._image = images.make(instance.folder / "image", extra)
        self._tree = cgroups.choose(f"{_GROUPS}/{instance.name}")
        self._users = set[int | None]()

    @classmethod
    async def open(cls, state: Path, extra: tuple[Path, ...]) -> "Bubblewrap":
        """Ends what dead services left, then gets ready. Raises `Unavailable`, saying what is missing."""
        try:
            sweep(state, _end_leftovers)
            instance = Instance.create(state)
        except OSError as error:
            raise Unavailable(f"cannot use {error.filename or state}: {error.strerror}") from None
        try:
            backend = cls(instance, extra)
            trial = await backend.start("trial", FLAVORS["small"])
            await trial.end()
        except BaseException:
            _end_leftovers(instance.name)
            instance.remove()
            raise
        return backend

    @property
    def isolation(self) -> Isolation:
        held = tuple(
            what
            for what, there in (
                (f"control groups {self._tree.version if self._tree else ''}", self._tree is not None),
                ("a uid for each sandbox", os.geteuid() == 0),
            )
            if there
        )
        missing = (_LIMITS_LOST,) * (self._tree is None) + (_UIDS_LOST,) * (os.geteuid() != 0)
        return Isolation("bubblewrap", (*_HOLDS, *held), missing)

    async def start(self, box_id: str, limits: Limits) -> SupervisedBox:
        user = self._new_user() if os.geteuid() == 0 else None
        group = self._new_group(box_id, limits)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            process = launch(
                self._image,
                limits,
                user=user,
                groups=group.process_files if group else (),
                control=theirs.fileno(),
                syscall_filter=self._filter,
            )
        except OSError as error:  # no processes or descriptors left
            ours.close()
            if group:
                group.remove()
            raise Unavailable(f"a sandbox could not be started: {error.strerror}") from error
        finally:
            theirs.close()
        link = SupervisorLink(ours, box_id)

        async def finish() -> None:
            # Process 1 takes all others with it. Bubblewrap's own process is spared: it collects process 1,
            # which else would wait for whoever collects the machine's orphans, and is gone then.
            if group:
                group.kill(sparing=process.pid)
            link.close()
            if not await process.ended(within=_LEAVE_SECONDS):
                process.kill()
                await process.ended()
            if group:
                await asyncio.to_thread(group.remove)
            self._users.discard(user)

        try:
            listener, port = await link.ready(_READY_SECONDS)
        except JanusError as error:
            await finish()
            said = process.said() or error.message
            raise Unavailable(f"a sandbox could not be started: {said}") from error
        except BaseException:
            await asyncio.shield(finish())
            raise
        return SupervisedBox(
            link,
            listener,
            port,
            environment=environment(self._image),
            user=user,
            usage=group.usage if group else Usage,
            finish=finish,
        )

    async def close(self) -> None:
        if self._tree:
            for group in self._tree.leftover():
                group.remove()
            self._tree.remove()
        self._instance.remove()

    def _new_user(self) -> int:
        while (user := _FIRST_USER + secrets.randbelow(_USERS)) in self._users:
            pass
        self._users.add(user)
        return user

    def _new_group(self, name: str, limits: Limits) -> cgroups.Group | None:
        try:
            return self._tree.create(name, limits) if self._tree else None
        except OSError as error:
            raise Unavailable(f"no control group for a sandbox: {error}") from error


def _end_leftovers(instance: str) -> int:
    """Ends the sandboxes in the groups of a service that is gone."""
    ended = 0
    for tree in cgroups.existing(f"{_GROUPS}/{instance}"):
        for group in tree.leftover():
            group.remove()
            ended += 1
        tree.remove()
    return ended
