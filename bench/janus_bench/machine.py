"""What the figures were taken on."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """One line of it stands above every report: figures of two machines do not compare."""

    cores: int
    cpu: str
    memory_gib: float
    system: str
    python: str
    load_before: float  # 1-minute load average before the run: what else was going on

    def __str__(self) -> str:
        return (
            f"{self.cores} cores of {self.cpu}, {self.memory_gib:.0f} GiB, {self.system}, "
            f"Python {self.python}, load {self.load_before:.2f} before the run"
        )


def this_machine() -> Machine:
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        cpu=_cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8")),
        memory_gib=pages * page / 2**30,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load_before=os.getloadavg()[0],
    )


def _cpu_model(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()
