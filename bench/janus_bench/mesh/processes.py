"""Processes that the benchmark starts: each with its log, waited for until ready, stopped for certain."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from .load import LOOPBACK

_STOP_SECONDS = 5.0
NO_HEADERS: Mapping[str, str] = {}


class StartFailed(Exception):
    """A process ended, or was not ready in time."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of a target. Its CPU and memory, with those of its children, are the target's."""

    name: str
    command: tuple[str, ...]
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    health: str | None = None  # path that answers 200 once it is ready; None: a connection suffices
    ready_seconds: float = 15.0


class Process:
    """A running part."""

    def __init__(self, part: Part, folder: Path) -> None:
        self.part = part
        self._log = folder / f"{part.name}.log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **part.environment},
                cwd=folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def alive(self) -> bool:
        return self._child.poll() is None

    def wait_ready(self) -> None:
        deadline = time.monotonic() + self.part.ready_seconds
        while not self._is_ready():
            if self._child.poll() is not None:
                raise StartFailed(
                    f"{self.part.name} ended with {self._child.returncode}: {self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self.part.name} was not ready in {self.part.ready_seconds:g} s: {self._last_words()}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends the process and whatever it started."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):  # it gets SIGKILL next, like any child it left behind
            self._child.wait(_STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._child.wait()

    def _signal(self, signum: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # the whole group is gone already
            os.killpg(self._child.pid, signum)

    def _is_ready(self) -> bool:
        try:
            if self.part.health is None:
                socket.create_connection((LOOPBACK, self.part.port), timeout=1).close()
                return True
            return fetch(self.part.port, self.part.health)[0] == 200
        except (OSError, HTTPException):
            return False

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"


def fetch(
    port: int,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
    seconds: float = 5.0,
) -> tuple[int, bytes]:
    """One small request to a loopback server: its status and body."""
    connection = HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on at the moment, and that was not given out before."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        if port not in _given:  # the kernel may name one twice before anybody listens there
            _given.add(port)
            return port
