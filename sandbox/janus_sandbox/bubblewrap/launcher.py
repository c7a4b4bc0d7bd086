"""One bubblewrap process for each box: namespaces of the machine's own kernel."""

import os
from collections.abc import Mapping

from janus_sandbox.becoming import becoming
from janus_sandbox.ground import Ground
from janus_sandbox.image import UID, Image, in_memory
from janus_sandbox.limits import Limits
from janus_sandbox.process_backend import Place
from janus_sandbox.system_calls import RULES, write_bpf
from janus_sandbox.watched_process import WatchedProcess

from .program import bwrap

_CONFINED = [
    *(
        "--unshare-user",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup",
    ),
    *("--disable-userns", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"),
    *("--cap-drop", "ALL", "--uid", str(UID), "--gid", str(UID), "--hostname", "sandbox"),
]


class Bubblewrap:
    """Raises `Unavailable` without the program or libseccomp."""

    name = "bubblewrap"
    holds = (
        "user, pid, network, mount, ipc, uts and cgroup namespaces",
        "system call filter",
        "no privileges",
        "disk quota",
    )
    carries = False
    own_users = True

    def __init__(self, ground: Ground, image: Image) -> None:
        self._image = image
        self._bwrap = bwrap(ground.folder / "bubblewrap")
        self._filter = ground.folder / "syscalls.bpf"
        write_bpf(self._filter, RULES)
        self._filter.chmod(0o644)
        # For each extra folder a place that every user reaches, even when its own parents are closed.
        self._stages = {folder: ground.folder / "extra" / str(n) for n, folder in enumerate(image.extra)}
        for stage in self._stages.values():
            stage.mkdir(parents=True)

    @property
    def environment(self) -> Mapping[str, str]:
        return self._image.environment

    def charged(self, limits: Limits) -> Limits:
        return limits

    def launch(self, place: Place) -> WatchedProcess:
        stages = self._stages if place.user is not None else {}
        # One of its own for each: a shared one would be read on from where another sandbox stopped.
        rules = os.open(self._filter, os.O_RDONLY | os.O_CLOEXEC)
        command = [
            str(self._bwrap),
            *_CONFINED,
            *_shown(self._image, place.limits),
            *(
                part
                for folder in self._image.extra
                for part in ("--ro-bind", str(stages.get(folder, folder)), str(folder))
            ),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace"),
            *("--seccomp", str(rules), "--"),
            *self._image.supervisor(place.control),
        ]
        user = place.user
        prefix = "" if user is None else f"setpriv --reuid {user} --regid {user} --clear-groups"
        try:
            return WatchedProcess.start(
                becoming(place.groups, command, prefix=prefix, mounts=stages), (place.control, rules)
            )
        finally:
            os.close(rules)

    def clear(self, box_id: str) -> None:
        """Its files lay in memory."""


def _shown(image: Image, limits: Limits) -> list[str]:
    arguments = ["--ro-bind", str(image.etc), "/etc"]
    for source, place in image.shown():
        arguments += ["--ro-bind", str(source), place]
    for target, place in image.links():
        arguments += ["--symlink", target, place]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    for folder, size in in_memory(limits).items():
        arguments += ["--size", str(size), "--tmpfs", folder]
    return arguments
