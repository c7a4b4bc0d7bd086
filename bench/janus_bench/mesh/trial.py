"""One load against one running target, carried out by the load client in its own process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from .load import OUTCOMES, STEADY_STATES, Load, Outcome, Steady


class ClientFailed(Exception):
    """The load client ended without an outcome: a fault of the benchmark, not of what it measures."""


class LoadClient:
    """The client process, which takes one load after another."""

    def __init__(self, told: IO[bytes], tells: IO[bytes]) -> None:
        self._told = told
        self._tells = tells

    def begin(self, load: Load) -> "Trial":
        self._told.write(load.to_json() + b"\n")
        self._told.flush()
        return Trial(self._tells)

    def carry_out(self, load: Load) -> Outcome:
        """A trial during which the driver has nothing to look at."""
        return self.begin(load).outcome()


class Trial:
    """A load under way."""

    def __init__(self, tells: IO[bytes]) -> None:
        self._tells = tells
        self._steady: Steady | None = None

    def await_steady(self, share: float) -> float:
        """Waits until that share of the steady state has passed; returns its length in seconds."""
        if self._steady is None:
            self._steady = STEADY_STATES.validate_json(self._line())
        length = self._steady.end - self._steady.start
        time.sleep(max(0.0, self._steady.start + share * length - time.monotonic()))
        return length

    def outcome(self) -> Outcome:
        """Waits for the end of the load."""
        self.await_steady(0.0)
        return OUTCOMES.validate_json(self._line())

    def _line(self) -> bytes:
        said = self._tells.readline()
        if not said:
            raise ClientFailed("the load client ended before it told its outcome")
        return said


@contextmanager
def load_client() -> Iterator[LoadClient]:
    """Runs a load client for the length of the block."""
    command = (sys.executable, "-m", "janus_bench.mesh.client")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield LoadClient(child.stdin, child.stdout)
        finally:
            child.kill()
