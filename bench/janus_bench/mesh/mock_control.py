"""The driver's hold on the mock competitor: its process, and what it tells about what it saw."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import TypeAdapter

from .processes import StartFailed, fetch

_IDS = TypeAdapter(list[str])
_CANCELLATIONS = TypeAdapter(dict[str, float])


@dataclass(frozen=True, slots=True)
class Mock:
    """A running mock competitor."""

    port: int

    def active(self) -> list[str]:
        """Script ids of the answers under way."""
        _, body = fetch(self.port, "/bench/answers")
        return _IDS.validate_json(body)

    def break_off(self) -> list[str]:
        """Ends the answers under way; returns their script ids."""
        _, body = fetch(self.port, "/bench/answers", "DELETE")
        return _IDS.validate_json(body)

    def take_cancellations(self) -> dict[str, float]:
        """Script id -> when its client was seen to be gone (monotonic seconds); forgotten there."""
        _, body = fetch(self.port, "/bench/cancellations", "DELETE")
        return _CANCELLATIONS.validate_json(body)

    def await_quiet(self, seconds: float) -> bool:
        """Waits until no answer is under way; False when that takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while self.active():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


@contextmanager
def mock_competitor() -> Iterator[Mock]:
    """Runs a mock competitor for the length of the block."""
    command = (sys.executable, "-m", "janus_bench.mesh.mock")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            port = child.stdout.readline()
            if not port:
                raise StartFailed("the mock competitor did not start")
            yield Mock(int(port))
        finally:
            child.terminate()
