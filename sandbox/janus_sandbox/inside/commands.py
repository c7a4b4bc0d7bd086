"""Commands of a sandbox: started in sessions of their own, reaped, ended with all their children."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from collections.abc import Callable

# What makes a shell a command: first out under memory pressure, so that the supervisor stays (which cannot
# say so for its children: while they share its memory they are as protected from writes to /proc as it is);
# within limits; in its folder. 127 is what shells answer for a command that cannot be run.
_BECOME = """echo 500 >/proc/self/oom_score_adj
ulimit -c 0
ulimit -n 4096 2>/dev/null
cd "$1" || exit 127
shift
exec "$@"
"""
_DEFAULT_AGAIN = (signal.SIGINT, signal.SIGPIPE)  # which Python and the supervisor ignore


class Commands:
    """Live commands by the service's ids; `ended(id, exit code)` is called as each one's leader ends."""

    def __init__(self, ended: Callable[[str, int], None]) -> None:
        self._ended = ended
        self._ids: dict[int, str] = {}

    def start(self, id_: str, argv: list[str], cwd: str, env: dict[str, str], output: list[int]) -> None:
        """Runs `argv` with its standard output and error on the two descriptors."""
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            *((os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(output, 1)),
        ]
        command = ["sh", "-c", _BECOME, "sh", cwd, *argv]
        # Not fork: copying this process's page tables costs more than starting a small program.
        pid = os.posix_spawn(
            "/bin/sh", command, env, file_actions=actions, setsid=True, setsigdef=_DEFAULT_AGAIN
        )
        self._ids[pid] = id_

    def kill(self, id_: str) -> None:
        """Ends a command and everything in its session."""
        for pid, known in list(self._ids.items()):
            if known == id_:
                _kill_family(pid)

    def kill_all(self) -> None:
        """Ends every process that came of a command; for where this is not process 1."""
        _kill_family(os.getpid())

    def reap(self) -> None:
        """Collects every process that ended, orphans included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            id_ = self._ids.pop(pid, None)
            if id_ is not None:
                code = os.waitstatus_to_exitcode(status)
                self._ended(id_, code if code >= 0 else 128 - code)


def _kill_family(leader: int) -> None:
    """Kills until nobody new appears: a member may have been forking meanwhile."""
    seen: set[int] = set()
    while new := _members(leader) - seen:
        for pid in new:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        seen |= new


def _members(leader: int) -> set[int]:
    """The leader, its session and its descendants that left the session but not the family."""
    parents: dict[int, int] = {}
    members = {leader}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        if int(fields[3]) == leader:
            members.add(int(name))
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in members} - members
        members |= children
        grown = bool(children)
    return members - {1, os.getpid()}
