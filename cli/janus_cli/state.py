"""What is remembered between commands: the folder `.janus/` with its lock, `run.json`, key and logs.

The lock says whether a supervisor runs, and the kernel lets go of it however the holder ends;
`run.json` says what it runs.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from .identity import Identity
from .services import GrpcProbe, HttpProbe, Probe

_FORMAT = 1


class State(StrEnum):
    """How a service is doing."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    RESTARTING = "restarting"  # ended by itself; will be started again
    FAILED = "failed"  # ended by itself; starting it again would not help
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service as the supervisor last saw it."""

    name: str
    url: str
    probe: Probe
    state: State
    reason: str
    restarts: int
    process: Identity | None


@dataclass(frozen=True, slots=True)
class Run:
    """One life of a supervisor."""

    supervisor: Identity
    services: tuple[ServiceRecord, ...]

    def url(self, name: str) -> str:
        return next((service.url for service in self.services if service.name == name), "")

    def to_json(self) -> str:
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """None when the text is of another version or damaged."""
        try:
            run = json.loads(text)
            if run["format"] != _FORMAT:
                return None
            return cls(Identity(**run["supervisor"]), tuple(_service(record) for record in run["services"]))
        except (ValueError, KeyError, TypeError):
            return None


def _service(record: Mapping[str, Any]) -> ServiceRecord:
    probe = HttpProbe if "path" in record["probe"] else GrpcProbe
    return ServiceRecord(
        **{
            **record,
            "probe": probe(**record["probe"]),
            "state": State(record["state"]),
            "process": Identity(**record["process"]) if record["process"] else None,
        }
    )


class AlreadyRunning(Exception):
    """Another supervisor holds this home."""


class Home:
    """The folder, made when first written to and readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        return cls(Path(environment.get("JANUS_HOME") or ".janus"))

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def log(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the home for one supervisor. Raises `AlreadyRunning`."""
        self.make()
        with (self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning from None
            yield

    def artifact_key(self) -> str:
        """The key that signs artifact addresses: random, and the same for every run on this home."""
        return self._key("artifact.key")

    def platform_key(self) -> str:
        """The key that signs request tokens, made and kept likewise."""
        return self._key("platform.key")

    def competition_key(self) -> str:
        """The key that signs battles and hashes addresses, made and kept likewise."""
        return self._key("competition.key")

    def _key(self, name: str) -> str:
        file = self.path / name
        with suppress(FileNotFoundError):
            return file.read_text().strip()
        self.make()
        _write(file, secrets.token_hex(32) + "\n")
        return file.read_text().strip()

    def write(self, run: Run) -> None:
        _write(self._run_file, run.to_json())

    def read(self) -> Run | None:
        """The last run that was written and not forgotten, be it alive or not."""
        with suppress(FileNotFoundError):
            return Run.from_json(self._run_file.read_text())
        return None

    def running(self) -> Run | None:
        """The run whose supervisor lives now."""
        run = self.read()
        return run if run is not None and run.supervisor.alive() else None

    def forget(self) -> None:
        self._run_file.unlink(missing_ok=True)

    @property
    def _run_file(self) -> Path:
        return self.path / "run.json"


def _write(file: Path, text: str) -> None:
    """Replaces the file at once, so that a reader sees the old or the new one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as writer:
        writer.write(text)
    draft.replace(file)
