"""Which process a number means: a pid together with when it began, so that a reused pid is not mistaken."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
# Fields of /proc/PID/stat after the parenthesised name, which may itself contain spaces.
_STATE, _START_TICKS = 0, 19


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that ran at some time. `started` is opaque; equal means the same process."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process that has this pid now; None when there is none, or it only waits to be reaped."""
        started = _started(pid)
        return cls(pid, started) if started else None

    def alive(self) -> bool:
        return _started(self.pid) == self.started

    def send(self, signum: signal.Signals, *, group: bool = False) -> None:
        """Signals it, or the process group that it leads; nothing happens when it is gone."""
        if self.alive():
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.pid, signum)


def seconds_since_start() -> float:
    """How long this process has been running, its interpreter's start included where that can be seen."""
    fields = _stat(os.getpid())
    if not fields:
        return time.process_time()
    ticks = os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[_START_TICKS]) / ticks


def _started(pid: int) -> str:
    if _PROC.joinpath("self", "stat").exists():
        fields = _stat(pid)
        return fields[_START_TICKS] if fields and fields[_STATE] not in ("Z", "X") else ""
    # Other systems have no /proc; ps is everywhere.
    ps = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return " ".join(ps.stdout.split())


def _stat(pid: int) -> list[str]:
    try:
        stat = _PROC.joinpath(str(pid), "stat").read_text()
    except OSError:
        return []
    return stat.rpartition(")")[2].split()
