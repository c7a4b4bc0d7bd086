"""Control groups as they are: one tree for all controllers (kernel's cgroup-v2 documentation)."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from janus_sandbox.backend import Usage
from janus_sandbox.limits import Limits

from .group import CPU_PERIOD, kill_each, processes, read_fields, remove_emptied, remove_with_parent, write

_CONTROLLERS = ("memory", "pids", "cpu")
_MICROSECONDS = 1e-6


class V2Group:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def counts(self) -> bool:
        """Whether what is used in it can be read."""
        return (self._folder / "memory.current").exists()

    @property
    def process_files(self) -> Sequence[Path]:
        return [self._folder / "cgroup.procs"]

    def memory_limit(self) -> int | None:
        limit = (self._folder / "memory.max").read_text().strip()
        return None if limit == "max" else int(limit)

    def usage(self) -> Usage:
        return Usage(
            memory_bytes=int((self._folder / "memory.current").read_text()),
            peak_memory_bytes=self._peak(),
            cpu_seconds=read_fields(self._folder / "cpu.stat")["usage_usec"] * _MICROSECONDS,
            processes=int((self._folder / "pids.current").read_text()),
            oom_kills=read_fields(self._folder / "memory.events").get("oom_kill", 0),
        )

    def kill(self, sparing: int = 0) -> None:
        everybody = self._folder / "cgroup.kill"  # since Linux 5.14
        if sparing or not everybody.exists():
            kill_each(self._folder / "cgroup.procs", sparing)
        else:
            write(everybody, 1)

    def remove(self) -> None:
        remove_emptied(self._folder, self)

    def _peak(self) -> int | None:
        with suppress(FileNotFoundError):  # a kernel before 5.19
            return int((self._folder / "memory.peak").read_text())
        return None


class V2Tree:
    """The groups of one service: `<name>/<group>`."""

    version = "v2"

    def __init__(self, root: Path, name: str) -> None:
        self._root, self._name = root, name
        self._folder = root / name

    @property
    def exists(self) -> bool:
        return self._folder.is_dir()

    def make(self) -> None:
        _delegate(self._root)
        folder = self._root
        for part in Path(self._name).parts:
            folder /= part
            folder.mkdir(exist_ok=True)
            _enable(folder)

    def create(self, name: str, limits: Limits) -> V2Group:
        folder = self._folder / name
        folder.mkdir()
        write(folder / "memory.max", limits.memory_bytes)
        with suppress(FileNotFoundError):  # only where the kernel counts swap
            write(folder / "memory.swap.max", 0)
        write(folder / "pids.max", limits.processes)
        write(folder / "cpu.max", f"{round(limits.cpus * CPU_PERIOD)} {CPU_PERIOD}")
        return V2Group(folder)

    def leftover(self) -> list[V2Group]:
        return [V2Group(path) for path in self._folder.glob("*/")]

    def remove(self) -> None:
        remove_with_parent(self._folder)


def _delegate(root: Path) -> None:
    """Lets the root have groups with limits.

    In a container the root is an inner group, and its own processes are in the way (the rule of no
    internal processes). Where that is this service alone, it steps aside.
    """
    try:
        _enable(root)
    except OSError as error:
        if error.errno != errno.EBUSY or processes(root / "cgroup.procs") != [os.getpid()]:
            raise
        beside = root / "janus-service"
        beside.mkdir(exist_ok=True)
        write(beside / "cgroup.procs", os.getpid())
        _enable(root)


def _enable(folder: Path) -> None:
    control = folder / "cgroup.subtree_control"
    if not set(_CONTROLLERS) <= set(control.read_text().split()):
        write(control, " ".join(f"+{controller}" for controller in _CONTROLLERS))
