"""A target that runs: its processes, and what they have used."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException

from .accounting import cpu_seconds, resident_bytes
from .load import Endpoint
from .processes import Process, StartFailed, fetch
from .script import Script
from .target import Provided, Site, Target

_ANSWER_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_IDLE_SHARE = 0.21  # two ticks of the accounting in one look


@dataclass(frozen=True, slots=True)
class Running:
    """A started target that has answered a first request."""

    target: Target
    version: str
    endpoint: Endpoint
    processes: tuple[Process, ...]

    def cpu(self) -> Mapping[str, float]:
        """Seconds of CPU so far, by process."""
        return {process.part.name: cpu_seconds(process.pid) for process in self.processes}

    def resident(self) -> Mapping[str, int]:
        """Resident bytes, by process."""
        return {process.part.name: resident_bytes(process.pid) for process in self.processes}

    def await_idle(self, seconds: float) -> bool:
        """Waits until it uses little CPU, so that it does not disturb the next; False when it never does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = sum(self.cpu().values())
            time.sleep(_LOOK_SECONDS)
            if sum(self.cpu().values()) - before <= _LOOK_SECONDS * _IDLE_SHARE:
                return True
        return False

    def living(self) -> bool:
        return all(process.alive() for process in self.processes)


@contextmanager
def running(target: Target, provided: Provided, site: Site) -> Iterator[Running]:
    """Starts a target and stops it at the end of the block; StartFailed when it does not come up."""
    site.folder.mkdir(parents=True, exist_ok=True)
    layout = target.arrange(provided, site)
    with ExitStack() as stack:
        processes = []
        for part in layout.parts:
            process = Process(part, site.folder)
            stack.callback(process.stop)
            process.wait_ready()
            processes.append(process)
        _await_first_answer(target, layout.endpoint)
        endpoint = replace(layout.endpoint, owner=target.name)
        yield Running(target, provided.version, endpoint, tuple(processes))


def _await_first_answer(target: Target, endpoint: Endpoint) -> None:
    """A gateway may be up before it knows its competitor to be."""
    body = endpoint.body(Script(tokens=1), stream=True)
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        try:
            status, said = fetch(
                endpoint.port, endpoint.path, "POST", body, endpoint.all_headers(), _ANSWER_SECONDS
            )
        except (OSError, HTTPException) as error:
            status, said = 0, str(error).encode()
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise StartFailed(
                f"{target.name} does not answer: {status} {said[:200].decode(errors='replace')}"
            )
        time.sleep(0.2)
