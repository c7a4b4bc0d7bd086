"""Control groups as they were: one tree for each controller (kernel's cgroup-v1 documentation)."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from janus_sandbox.backend import Usage
from janus_sandbox.limits import Limits

from .group import CPU_PERIOD, kill_each, read_fields, remove_emptied, remove_with_parent, write

CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")
_NANOSECONDS = 1e-9


class V1Group:
    """One folder below each controller."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders

    @property
    def counts(self) -> bool:
        """Whether what is used in it can be read."""
        return all(file.exists() for file in self.process_files)

    @property
    def process_files(self) -> Sequence[Path]:
        return [folder / "cgroup.procs" for folder in self._folders.values()]

    def memory_limit(self) -> int | None:
        return int((self._folders["memory"] / "memory.limit_in_bytes").read_text())

    def usage(self) -> Usage:
        memory, pids, account = (self._folders[name] for name in ("memory", "pids", "cpuacct"))
        return Usage(
            memory_bytes=int((memory / "memory.usage_in_bytes").read_text()),
            peak_memory_bytes=int((memory / "memory.max_usage_in_bytes").read_text()),
            cpu_seconds=int((account / "cpuacct.usage").read_text()) * _NANOSECONDS,
            processes=int((pids / "pids.current").read_text()),
            oom_kills=read_fields(memory / "memory.oom_control").get("oom_kill", 0),
        )

    def kill(self, sparing: int = 0) -> None:
        for file in self.process_files:
            kill_each(file, sparing)

    def remove(self) -> None:
        for folder in self._folders.values():
            remove_emptied(folder, self)


class V1Tree:
    """The groups of one service: `<controller>/<name>/<group>`."""

    version = "v1"

    def __init__(self, root: Path, name: str) -> None:
        self._folders = {controller: root / controller / name for controller in CONTROLLERS}

    @property
    def exists(self) -> bool:
        return any(folder.is_dir() for folder in self._folders.values())

    def make(self) -> None:
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True)

    def create(self, name: str, limits: Limits) -> V1Group:
        folders = {controller: folder / name for controller, folder in self._folders.items()}
        for folder in folders.values():
            folder.mkdir(exist_ok=True)  # cpu and cpuacct may be one
        memory, cpu = folders["memory"], folders["cpu"]
        write(memory / "memory.limit_in_bytes", limits.memory_bytes)
        with suppress(FileNotFoundError):  # only where the kernel counts swap
            write(memory / "memory.memsw.limit_in_bytes", limits.memory_bytes)
        write(folders["pids"] / "pids.max", limits.processes)
        write(cpu / "cpu.cfs_period_us", CPU_PERIOD)
        write(cpu / "cpu.cfs_quota_us", round(limits.cpus * CPU_PERIOD))
        return V1Group(folders)

    def leftover(self) -> list[V1Group]:
        names = {path.name for folder in self._folders.values() for path in folder.glob("*/")}
        return [V1Group({each: folder / name for each, folder in self._folders.items()}) for name in names]

    def remove(self) -> None:
        for folder in self._folders.values():
            remove_with_parent(folder)
