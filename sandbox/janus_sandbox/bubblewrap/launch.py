"""One bubblewrap process: how it is started, and how one learns that it ended."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
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
    stages = image.stages if user is not None else {folder: folder for folder in image.extra}
    # One of its own for each: a shared one would be read on from where another sandbox stopped.
    rules = os.open(syscall_filter, os.O_RDONLY | os.O_CLOEXEC)
    configuration = {"control": control, "egress_port": EGRESS_PORT, "roots": {root: root for root in ROOTS}}
    command = [
        str(image.bwrap),
        *_CONFINED,
        *image.arguments(),
        *_mounts(limits),
        *(part for folder, stage in stages.items() for part in ("--ro-bind", str(stage), str(folder))),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace"),
        *("--seccomp", str(rules), "--"),
        *(image.python, "-I", "-S", SUPERVISOR, json.dumps(configuration)),
    ]
    script = _becoming(groups, user, stages if user is not None else {})
    try:
        return WatchedProcess.start(("/bin/sh", "-c", script, "sh", *command), (control, rules))
    finally:
        os.close(rules)


def environment(image: Image) -> dict[str, str]:
    """What every command finds in its environment."""
    plain = {"PATH": image.path, "HOME": HOME, "USER": USER, "LANG": "C.UTF-8", "TERM": "dumb"}
    return {**plain, "PYTHONUNBUFFERED": "1"}  # an agent's steps are wanted as they come


def _mounts(limits: Limits) -> list[str]:
    arguments = ["--proc", "/proc", "--dev", "/dev"]
    sizes = {"/dev/shm": _SHARED_MEMORY, "/tmp": limits.scratch_bytes, HOME: limits.scratch_bytes}  # noqa: S108  # inside
    for folder, size in {**sizes, "/workspace": limits.disk_bytes}.items():
        arguments += ["--size", str(size), "--tmpfs", folder]
    return arguments


def _becoming(groups: Sequence[Path], user: int | None, stages: Mapping[Path, Path]) -> str:
    """A script that enters the groups, mounts the stages and becomes the user before it becomes the command.

    The mounts are made in a namespace of their own, which goes when the sandbox goes.
    """
    lines = ["PATH=/usr/bin:/bin", *(f"echo 0 >{_quoted(file)} || exit 125" for file in groups)]
    become = "exec" if user is None else f"exec setpriv --reuid {user} --regid {user} --clear-groups"
    if stages:
        mounts = [f"mount --bind {_quoted(folder)} {_quoted(stage)}" for folder, stage in stages.items()]
        inner = " && ".join((*mounts, f'{become} "$@"'))
        become = f"exec unshare --mount --propagation private /bin/sh -c {shlex.quote(inner)} sh"
    return "\n".join((*lines, f'{become} "$@"'))


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
