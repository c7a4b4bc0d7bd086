"""`janus down`: stops the supervisor of this home and whatever a killed one left behind."""

import os
import signal
import sys
import time

from . import services
from .identity import Identity
from .state import Home, Run

_POLL_SECONDS = 0.05
_MARGIN_SECONDS = 5.0


def run() -> int:
    """Waits until everything has ended. Doing so again does no harm."""
    home = Home.from_environment(os.environ)
    last = home.read()
    if last is None or not _alive(last):
        home.forget()
        print("Nothing runs here.")
        return 0
    drain = services.drain_seconds(os.environ) + _MARGIN_SECONDS
    stopped = _end(last.supervisor, drain * (1 + len(last.services)), group=False)
    left = _services(last)
    for process in left:
        _end(process, drain, group=True)
    home.forget()
    if not stopped:
        sys.stderr.write("janus: the supervisor did not stop in time and was killed\n")
        return 1
    print(f"Stopped {len(left)} left by a supervisor that was killed." if left else "Stopped.")
    return 0


def _alive(last: Run) -> bool:
    return last.supervisor.alive() or bool(_services(last))


def _services(last: Run) -> list[Identity]:
    """Processes of services that still live."""
    return [record.process for record in last.services if record.process and record.process.alive()]


def _end(process: Identity, seconds: float, *, group: bool) -> bool:
    """Whether it stopped within that time when asked to; else it is killed, with its group if told so."""
    process.send(signal.SIGTERM)
    if _gone(process, seconds):
        return True
    process.send(signal.SIGKILL, group=group)
    _gone(process, _MARGIN_SECONDS)
    return False


def _gone(process: Identity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.alive():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
