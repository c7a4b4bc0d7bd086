"""The sandbox service as a process of its own, and a client of it on one kept connection."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

_ANSWER_SECONDS = 30.0


class ServiceFailed(Exception):
    """The service ended before it listened; says why."""


class Client:
    """Calls the API; raises `RuntimeError` on anything but success."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)

    def call(self, method: str, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said.decode()}")
        return json.loads(said)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def sandbox_service(warm: int, backend: str) -> Iterator[Client]:
    """A client of a service that keeps `warm` sandboxes ready. Raises `ServiceFailed`."""
    with running_sandboxes(warm, backend=backend) as port:
        client = Client(port)
        yield client
        client.close()


@contextmanager
def running_sandboxes(warm: int, key: str = "", backend: str = "") -> Iterator[int]:
    """The port of such a service on loopback, which wants `key` from its callers. Raises `ServiceFailed`.

    Without `backend` the environment or the service itself chooses what isolates.
    """
    with tempfile.TemporaryDirectory(prefix="janus-bench-") as state:
        Path(state).chmod(0o711)  # the sandboxes' users pass through
        port = _free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "janus_sandbox"],
            env={
                **os.environ,
                "JANUS_SANDBOX_STATE": state,
                "JANUS_SANDBOX_PORT": str(port),
                "JANUS_ARTIFACT_PORT": "0",
                "JANUS_SANDBOX_WARM": str(warm),
                "JANUS_LOG_FORMAT": "json",
                "SANDY_API_KEY": key,
                **({"JANUS_SANDBOX_BACKEND": backend} if backend else {}),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        try:
            _await_listening(process.stderr, port)
            # Read on, or the service would wait for a pipe that nobody empties.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield port
        finally:
            process.terminate()
            process.wait()


def _await_listening(log: IO[str], port: int) -> None:
    said = ""
    for line in log:
        entry = json.loads(line)
        said = entry.get("reason") or line
        if entry.get("event") == "listening" and entry["address"].endswith(f":{port}"):
            return
    raise ServiceFailed(said.strip() or "it said nothing")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
