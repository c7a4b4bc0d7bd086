"""The readings: milliseconds as the API's user sees them, one call at a time."""

import time
from collections.abc import Callable

from .service import Client, sandbox_service

Readings = dict[str, list[float]]

_LOOK_SECONDS = 0.01


def measure(backend: str, rounds: int, commands: int) -> Readings:
    """Times of each operation. Raises `ServiceFailed` where the backend cannot isolate.

    The service answers a creation when the sandbox takes commands; that it does is proved by one that is
    not timed.
    """
    readings: Readings = {"create, cold": [], "create, warm": [], "exec": [], "terminate": []}
    with sandbox_service(0, backend) as client:
        for _ in range(rounds):
            sandbox = _created(client, readings["create, cold"])
            _terminated(client, sandbox, readings["terminate"])
        sandbox = _created(client, [])
        for _ in range(commands):
            _timed(lambda: _execute(client, sandbox), readings["exec"])
    with sandbox_service(1, backend) as client:
        for _ in range(rounds):
            _await_warm(client)
            sandbox = _created(client, readings["create, warm"])
            _terminated(client, sandbox, readings["terminate"])
    return readings


def _created(client: Client, times: list[float]) -> str:
    sandbox = ""

    def create() -> None:
        nonlocal sandbox
        sandbox = client.call("POST", "/api/sandboxes", {})["sandboxId"]

    _timed(create, times)
    _execute(client, sandbox)
    return sandbox


def _terminated(client: Client, sandbox: str, times: list[float]) -> None:
    _timed(lambda: client.call("POST", f"/api/sandboxes/{sandbox}/terminate", {}), times)


def _execute(client: Client, sandbox: str) -> None:
    ran = client.call("POST", f"/api/sandboxes/{sandbox}/exec", {"command": ["/bin/true"]})
    if ran["exitCode"] != 0:
        raise RuntimeError(f"a command failed: {ran}")


def _await_warm(client: Client) -> None:
    while not client.call("GET", "/api/stats")["sandboxes"]["warm"]:
        time.sleep(_LOOK_SECONDS)


def _timed(work: Callable[[], object], times: list[float]) -> None:
    began = time.perf_counter()
    work()
    times.append(1000 * (time.perf_counter() - began))
