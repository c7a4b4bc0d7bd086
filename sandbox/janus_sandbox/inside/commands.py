"""Commands of a sandbox: started in sessions of their own, reaped, ended with all their children."""

from __future__ import annotations

import os
import resource
import signal

TYPE_CHECKING = False  # as in `typing`, whose import would cost more than all the others
if TYPE_CHECKING:
    from collections.abc import Callable

_STARTED_NOT = 127  # what shells answer for a command that cannot be run
_OPEN_FILES = 4096

# Under memory pressure commands are to go before the supervisor does. It cannot say so itself between fork
# and exec, where it still is as protected from writes to /proc as the supervisor.
_FIRST_VICTIM = ["/bin/sh", "-c", 'echo 500 >/proc/self/oom_score_adj; exec "$@"', "sh"]


class Commands:
    """Live commands by the service's ids; `ended(id, exit code)` is called as each one's leader ends."""

    def __init__(self, ended: Callable[[str, int], None]) -> None:
        self._ended = ended
        self._ids: dict[int, str] = {}

    def start(self, id_: str, argv: list[str], cwd: str, env: dict[str, str], output: list[int]) -> None:
        """Runs `argv` with its standard output and error on the two descriptors."""
        pid = os.fork()
        if pid == 0:
            _become(argv, cwd, env, output)
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


def _become(argv: list[str], cwd: str, env: dict[str, str], output: list[int]) -> None:
    """In the child: becomes the command. Never returns."""
    try:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDONLY)
        for target, source in enumerate((silence, *output)):
            os.dup2(source, target)
        for ignored in (signal.SIGINT, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_DFL)
        _lower_limits()
        os.chdir(cwd)
        os.execve(_FIRST_VICTIM[0], [*_FIRST_VICTIM, *argv], env)  # noqa: S606  # nothing to inject into
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    except BaseException as error:  # noqa: BLE001  # it must not live on as a second supervisor
        os.write(2, f"{error!r}\n".encode())
    finally:
        os._exit(_STARTED_NOT)


def _lower_limits() -> None:
    """No core dumps, and descriptors within what the kernel already allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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
