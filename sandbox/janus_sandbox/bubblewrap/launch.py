"""One bubblewrap process: how it is started, and how one learns that it ended."""

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from janus_sandbox.limits import MIB, Limits
from janus_sandbox.watched_process import WatchedProcess

from .image import HOME, SUPERVISOR, UID, USER, Image

EGRESS_PORT = 3128
ROOTS = ("/workspace", "/tmp", HOME)  # noqa: S108  # inside
_SHARED_MEMORY = 64 * MIB

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


def launch(
    image: Image,
    limits: Limits,
    *,
    user: int | None,
    groups: Sequence[Path],
    control: int,
    syscall_filter: Path,
) -> WatchedProcess:
    """Starts a sandbox as `user` (None: as ourselves) in the control groups.

    Must be called on the main thread: the sandbox ends with the thread that started it.
    """
    extra = [os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for folder in image.extra]
    # One of its own for each: a shared one would be read on from where another sandbox stopped.
    rules = os.open(syscall_filter, os.O_RDONLY | os.O_CLOEXEC)
    bound = [
        part
        for descriptor, folder in zip(extra, image.extra, strict=True)
        for part in ("--ro-bind-fd", str(descriptor), str(folder))
    ]
    configuration = {"control": control, "egress_port": EGRESS_PORT, "roots": {root: root for root in ROOTS}}
    command = [
        str(image.bwrap),
        *_CONFINED,
        *image.arguments(),
        *bound,
        *_mounts(limits),
        *("--seccomp", str(rules), "--"),
        *(image.python, "-I", "-S", SUPERVISOR, json.dumps(configuration)),
    ]
    try:
        return WatchedProcess.start(
            ("/bin/sh", "-c", _joining(groups, user), "sh", *command), (control, rules, *extra)
        )
    finally:
        for descriptor in (rules, *extra):
            os.close(descriptor)


def environment(image: Image) -> dict[str, str]:
    """What every command finds in its environment."""
    return {"PATH": image.path, "HOME": HOME, "USER": USER, "LANG": "C.UTF-8", "TERM": "dumb"}


def _mounts(limits: Limits) -> list[str]:
    arguments = ["--proc", "/proc", "--dev", "/dev"]
    sizes = {"/dev/shm": _SHARED_MEMORY, "/tmp": limits.scratch_bytes, HOME: limits.scratch_bytes}  # noqa: S108  # inside
    for folder, size in {**sizes, "/workspace": limits.disk_bytes}.items():
        arguments += ["--size", str(size), "--tmpfs", folder]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace"]


def _joining(groups: Sequence[Path], user: int | None) -> str:
    """A script that enters the groups and becomes the user before it becomes the command."""
    entering = [f"echo 0 >{shlex.quote(str(file))} || exit 125" for file in groups]
    becoming = "" if user is None else f"setpriv --reuid {user} --regid {user} --clear-groups "
    return "\n".join((*entering, f'PATH=/usr/bin:/bin; exec {becoming}"$@"'))
