"""Runs a command that dies with the process that started it: `python leash.py PARENT_PID COMMAND...`.

A program of its own, run before the service takes its place: asking the kernel for this between fork
and exec (`preexec_fn`) would run Python code in a forked copy of a process that has threads, which can
deadlock. On Linux the kernel then kills the service when its supervisor is gone, however it went.
Elsewhere there is no such request: `janus down` and the next `janus up` find what was left behind.
"""

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before we asked
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main()
