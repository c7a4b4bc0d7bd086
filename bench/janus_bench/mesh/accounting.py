"""CPU time and memory of processes with all their children (Linux).

CPU is user + system time, as in /proc/PID/stat, but read from the process's CPU clock: the file counts
in steps of 10 ms, which is as much as a gateway uses for hundreds of tokens.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Stat:
    """What is used here of /proc/PID/stat (proc(5)): user + system time in ticks."""

    parent: int
    own_ticks: int
    reaped_ticks: int  # of children that ended and were waited for


def cpu_seconds(pid: int) -> float:
    """User + system time of `pid` and its descendants, those that ended included."""
    return sum(_own_seconds(member, stat) + stat.reaped_ticks / _TICKS for member, stat in _tree(pid).items())


def resident_bytes(pid: int) -> int:
    """Resident memory of `pid` and its descendants; pages that they share count once for each."""
    total = 0
    for member in _tree(pid):
        try:
            statm = Path(f"/proc/{member}/statm").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(statm.split()[1]) * _PAGE
    return total


def parse_stat(line: str) -> Stat:
    """Reads the fields after the command's name, which may itself hold spaces and parentheses."""
    fields = line[line.rindex(")") + 2 :].split()
    own = int(fields[11]) + int(fields[12])
    reaped = int(fields[13]) + int(fields[14])
    return Stat(parent=int(fields[1]), own_ticks=own, reaped_ticks=reaped)


def _own_seconds(pid: int, stat: Stat) -> float:
    """By the process's CPU clock, ended threads included, or by its ticks once it has none."""
    try:
        return time.clock_gettime(_cpu_clock(pid))
    except OSError:  # it ended and was not waited for yet
        return stat.own_ticks / _TICKS


def _cpu_clock(pid: int) -> int:
    """The id of a process's CPU clock, as clock_getcpuclockid(3) makes it."""
    return (~pid << 3) | 2


def _tree(root: int) -> dict[int, Stat]:
    everyone = dict(_all_stats())
    if root not in everyone:
        return {}
    tree = {root: everyone[root]}
    grown = True
    while grown:
        children = {pid: stat for pid, stat in everyone.items() if stat.parent in tree and pid not in tree}
        tree.update(children)
        grown = bool(children)
    return tree


def _all_stats() -> Iterator[tuple[int, Stat]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                yield int(entry.name), parse_stat((entry / "stat").read_text(errors="replace"))
            except (FileNotFoundError, ProcessLookupError):
                continue
