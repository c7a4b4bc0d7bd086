"""Boxes that are containers: a container's process 1 is the supervisor, which dials in over a socket that is
shown to it. What it hands over then is the kernel's own, as with bubblewrap.
"""

import asyncio
import json
import os
import shutil
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from janus_mesh import logs
from janus_mesh.errors import JanusError, Unavailable
from janus_sandbox import cgroups
from janus_sandbox.backend import Isolation, Usage
from janus_sandbox.ground import Ground
from janus_sandbox.image import SHARED_MEMORY, Image, in_memory, write_etc
from janus_sandbox.limits import Limits
from janus_sandbox.supervised_box import SupervisedBox
from janus_sandbox.supervisor_link import SupervisorLink
from janus_sandbox.system_calls import RULES, profile

from .engine import OWNER, Engine, image_name, mark
from .root import CONTROL, archive

log = logs.get("sandbox.containers")

_DIAL_SECONDS = 10.0
_DESCRIPTORS = 4096
_SOCKET = "service"
# For a service that is not root: within what an engine without root has to give away.
_USERS = range(20_000, 60_000)
# Of these an engine else shows files of its own making, which name the machine's servers and no `janus`.
_NOT_THE_ENGINES = ("passwd", "group", "hosts", "hostname", "resolv.conf")
_HOLDS = (
    "pid, network, mount, ipc, uts and cgroup namespaces",
    "system call filter",
    "no privileges",
    "disk quota",
    "a uid for each sandbox",
)
_LIMITS_LOST = "limits of memory, processes and CPU: the engine sets none that can be seen here"


class Containers:
    """Made by `open`."""

    def __init__(self, ground: Ground, image: Image, engine: Engine) -> None:
        self._ground = ground
        self._image = image
        self._engine = engine
        self._name = image_name(ground.name)
        self._bounded = False  # as far as this machine's files show
        self._profile = ground.folder / "syscalls.json"
        self._profile.write_text(json.dumps(profile(RULES)))

    @classmethod
    async def open(cls, ground: Ground, image: Image, program: str) -> "Containers":
        """Raises `Unavailable` when the engine does not run."""
        engine = Engine(program)
        mark(ground.folder, program)
        backend = cls(ground, image, engine)
        await engine.make_image(backend._name, archive(image))
        return backend

    @property
    def isolation(self) -> Isolation:
        bounded = ("control groups of the engine",) * self._bounded
        return Isolation(self._engine.program, (*_HOLDS, *bounded), (_LIMITS_LOST,) * (not self._bounded))

    async def start(self, box_id: str, limits: Limits) -> SupervisedBox:
        user = self._ground.new_user() or self._ground.new_user_of(_USERS)
        folder = self._ground.folder / "boxes" / box_id
        listener = _lay_out(folder, user)
        # Nothing cuts it short: an engine that was interrupted might make the container later.
        starting = asyncio.create_task(self._engine.call("run", *self._options(box_id, limits, user, folder)))
        hold = _Hold(self._engine, self._ground, self._container(box_id), folder, user, starting)
        try:
            await asyncio.shield(starting)
            control = await _dialled(listener)
        except BaseException as error:
            await asyncio.shield(hold.end(None))
            if isinstance(error, JanusError):
                raise Unavailable(f"a sandbox could not be started: {error.message}") from error
            raise
        finally:
            listener.close()  # nobody else dials in
        hold.group = _group_of(control)
        self._bounded = hold.group is not None and hold.group.memory_limit() == limits.memory_bytes
        link = SupervisorLink(control, box_id)
        return await SupervisedBox.open_when_ready(link, hold, self._image.environment)

    async def close(self) -> None:
        try:
            await self._engine.call("rmi", "--force", self._name)
        except Unavailable as error:
            log.error("an image stays behind", image=self._name, reason=error.message)
        await asyncio.to_thread(self._ground.close)

    def _container(self, box_id: str) -> str:
        return f"janus-{self._ground.name}-{box_id}"

    def _options(self, box_id: str, limits: Limits, user: int, folder: Path) -> list[str]:
        memory = str(limits.memory_bytes)
        own = ["--read-only-tmpfs=false"] if self._engine.program == "podman" else []
        return [
            *("--detach", "--rm", "--name", self._container(box_id)),
            *("--label", f"{OWNER}={self._ground.name}", "--hostname", "sandbox"),
            *("--network", "none", "--ipc", "private", "--cgroupns", "private", "--read-only", *own),
            *("--user", f"{user}:{user}", "--cap-drop", "ALL", "--workdir", "/workspace"),
            *("--security-opt", "no-new-privileges", "--security-opt", f"seccomp={self._profile}"),
            *("--memory", memory, "--memory-swap", memory, "--cpus", str(limits.cpus)),
            *("--pids-limit", str(limits.processes), "--ulimit", "core=0"),
            *("--ulimit", f"nofile={_DESCRIPTORS}:{_DESCRIPTORS}"),
            *("--ulimit", f"nproc={limits.processes}:{limits.processes}"),
            # Its process 1 heeds no signal but the one that cannot be ignored.
            *("--stop-timeout", "0", "--log-driver", "none", "--shm-size", str(SHARED_MEMORY)),
            *self._mounts(limits, folder),
            self._name,
            *self._image.supervisor(f"{CONTROL}/{_SOCKET}"),
        ]

    def _mounts(self, limits: Limits, folder: Path) -> list[str]:
        shown = [
            *((folder / "etc", "/etc"), (folder / "control", CONTROL)),
            *((folder / "etc" / name, f"/etc/{name}") for name in _NOT_THE_ENGINES),
            *self._image.shown(),
            *((extra, os.fspath(extra)) for extra in self._image.extra),
        ]
        options = [part for source, place in shown for part in ("--volume", f"{source}:{place}:ro")]
        for place, size in in_memory(limits).items():
            if place != "/dev/shm":  # noqa: S108  # inside; the engine makes it
                options += ["--tmpfs", f"{place}:rw,exec,nosuid,nodev,size={size},mode=1777"]
        return options


@dataclass(slots=True)
class _Hold:
    engine: Engine
    ground: Ground
    container: str
    folder: Path
    user: int
    starting: asyncio.Task[str]
    group: cgroups.Group | None = None

    def give(self, output: int) -> None:
        if os.geteuid() == 0:
            os.fchown(output, self.user, self.user)

    def usage(self) -> Usage:
        return self.group.usage() if self.group else Usage()

    def said(self) -> str:
        return ""

    async def end(self, link: SupervisorLink | None) -> None:
        await asyncio.gather(self.starting, return_exceptions=True)
        # First, because an engine stumbles over containers that end while it ends them.
        await self.engine.remove(self.container)
        if link is not None:
            link.close()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        self.ground.forget_user(self.user)


def _lay_out(folder: Path, user: int) -> socket.socket:
    """The folder of a box, and a socket in it that only the box can reach: nobody else passes `folder`."""
    (folder / "control").mkdir(parents=True)
    folder.chmod(0o700)
    (folder / "control").chmod(0o755)
    write_etc(folder / "etc", user)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    path = folder / "control" / _SOCKET
    listener.bind(os.fspath(path))
    path.chmod(0o666)
    listener.listen(1)
    return listener


async def _dialled(listener: socket.socket) -> socket.socket:
    """The supervisor's end of the control socket."""
    try:
        async with asyncio.timeout(_DIAL_SECONDS):
            return (await asyncio.get_running_loop().sock_accept(listener))[0]
    except TimeoutError:
        raise Unavailable(f"its first process did not report within {_DIAL_SECONDS:g} s") from None


def _group_of(control: socket.socket) -> cgroups.Group | None:
    """The control group of who is at the other end, where this machine's files show it."""
    pid, _, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return cgroups.of_process(pid) if pid > 0 else None
