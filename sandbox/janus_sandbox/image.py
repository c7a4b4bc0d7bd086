"""What every sandbox sees, whichever backend shows it: the machine's programs, an /etc that says nothing of
the machine, folders in memory, and the supervisor as its process 1.
"""

import compileall
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from janus_mesh.errors import Unavailable

from . import inside
from .limits import MIB, Limits

USER, UID = "janus", 1000
HOME = f"/home/{USER}"
ROOTS = ("/workspace", "/tmp", HOME)  # noqa: S108  # inside
SUPERVISOR = "/run/janus"
EGRESS_PORT = 3128
SHARED_MEMORY = 64 * MIB
_ETC = {
    "passwd": f"root:x:0:0::/:/bin/false\n{USER}:x:{{uid}}:{{uid}}::{HOME}:/bin/bash\n"
    "nobody:x:65534:65534::/:/bin/false\n",
    "group": f"root:x:0:\n{USER}:x:{{uid}}:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
    "hostname": "sandbox\n",
}
# Of the machine's own /etc: needed by programs of /usr, and no secret.
_ETC_OF_THE_MACHINE = ("alternatives", "ssl/certs", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_MAIN = "from inside.program import main\n\nmain()\n"


@dataclass(frozen=True, slots=True)
class Image:
    """Where the parts lie on the machine. All of `folder` can be read by every user."""

    folder: Path
    python: str
    extra: tuple[Path, ...]  # further folders that are seen at their own path

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def environment(self) -> dict[str, str]:
        """What every command finds in its environment."""
        own = [str(folder / "bin") for folder in self.extra if (folder / "bin").is_dir()]
        path = ":".join((*own, "/usr/local/bin", "/usr/bin", "/bin"))
        plain = {"PATH": path, "HOME": HOME, "USER": USER, "LANG": "C.UTF-8", "TERM": "dumb"}
        return {**plain, "PYTHONUNBUFFERED": "1"}  # an agent's steps are wanted as they come

    def shown(self) -> Iterator[tuple[Path, str]]:
        """Folders and files that are seen read-only: each with its place inside, without /etc and `extra`."""
        yield Path("/usr"), "/usr"
        yield self.folder / "supervisor", SUPERVISOR
        for name in _ETC_OF_THE_MACHINE:
            if (self.etc / name).exists():
                yield Path("/etc", name), f"/etc/{name}"
        for name in _MERGED:
            if (folder := Path("/", name)).is_dir() and not folder.is_symlink():
                yield folder, str(folder)

    def links(self) -> Iterator[tuple[str, str]]:
        """Symbolic links: where each leads, and its place inside."""
        for name in _MERGED:
            if (folder := Path("/", name)).is_symlink():
                yield os.fspath(folder.readlink()), os.fspath(folder)
        yield "../tmp", "/var/tmp"  # noqa: S108  # inside

    def supervisor(self, control: int | str, *, carries: bool = False) -> list[str]:
        """The command of process 1; `control` and `carries` are told of in `inside/program.py`."""
        roots = {root: root for root in ROOTS}
        configuration: dict[str, Any] = {"control": control, "egress_port": EGRESS_PORT, "roots": roots}
        return [self.python, "-I", "-S", SUPERVISOR, json.dumps({**configuration, "carries": carries})]


def in_memory(limits: Limits) -> dict[str, int]:
    """The folders that lie in memory, each with its quota in bytes."""
    scratch = limits.scratch_bytes
    return {
        "/dev/shm": SHARED_MEMORY,  # noqa: S108  # inside
        "/tmp": scratch,  # noqa: S108
        HOME: scratch,
        "/workspace": limits.disk_bytes,
    }


def make(folder: Path, extra: tuple[Path, ...]) -> Image:
    """Lays out the image below `folder`. Raises `Unavailable` when the machine has no Python to show."""
    folder.mkdir()
    python, prefix = _python()
    image = Image(folder, python, (*extra, *prefix))
    write_etc(image.etc, UID)
    lay_out_supervisor(folder / "supervisor")
    readable_by_all(folder)
    return image


def write_etc(etc: Path, uid: int) -> None:
    """Makes an /etc where the sandbox's user has that uid."""
    etc.mkdir()
    for name, content in _ETC.items():
        (etc / name).write_text(content.format(uid=uid))
    for name in _ETC_OF_THE_MACHINE:  # places to mount on
        source, target = Path("/etc", name), etc / name
        if source.is_dir():
            target.mkdir(parents=True)
        elif source.exists():
            target.touch()
    readable_by_all(etc)


def lay_out_supervisor(folder: Path) -> None:
    """Makes a folder that Python can run."""
    shutil.copytree(Path(inside.__file__).parent, folder / "inside", ignore=no_cache)
    (folder / "__main__.py").write_text(_MAIN)
    # Read by an interpreter of our version, ignored by others.
    compileall.compile_dir(folder, quiet=2, stripdir=folder)


no_cache = shutil.ignore_patterns("__pycache__")


def _python() -> tuple[str, tuple[Path, ...]]:
    """An interpreter for the supervisor, and what must be mounted for it beside /usr."""
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if own.is_relative_to("/usr"):
        return str(own), ()
    if Path("/usr/bin/python3").exists():
        return "/usr/bin/python3", ()
    if not own.exists():
        raise Unavailable("no Python that a sandbox could run: apt-get install python3-minimal")
    return str(own), (Path(sys.base_prefix).resolve(),)


def readable_by_all(folder: Path) -> None:
    """Whatever the umask: the sandboxes' users are strangers to this service's user."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
