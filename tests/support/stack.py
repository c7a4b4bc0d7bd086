"""The real services as real processes, on free ports, for tests that look at Janus from outside."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

_START_SECONDS = 40.0

# Below those that the kernel gives to connections, one of which could take a port before its service
# does; and in lanes, so that tests that run in several processes do not meet.
_LANES = 16
_LANE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _LANES
_PORTS = range(10_000 + _LANE, 32_000, _LANES)
_given: set[int] = set()


def free_port() -> int:
    """A port that nothing listens on now, and that nobody in this run of the tests is given again."""
    while True:
        port = random.choice(_PORTS)
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


@dataclass
class Service:
    """One running process and where it logs."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def rss_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Stack:
    """Edge, router and shim in front of the competitors of a registry, and what else is asked for."""

    folder: Path
    edge_port: int = field(default_factory=free_port)
    router_port: int = field(default_factory=free_port)
    shim_port: int = field(default_factory=free_port)
    platform_port: int = field(default_factory=free_port)
    baseline_port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    artifact_port: int = field(default_factory=free_port)
    langchain_port: int = field(default_factory=free_port)
    competition_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.edge_port}"

    @property
    def router(self) -> str:
        return f"127.0.0.1:{self.router_port}"

    @property
    def shim(self) -> str:
        return f"127.0.0.1:{self.shim_port}"

    @property
    def baseline_url(self) -> str:
        return f"http://127.0.0.1:{self.baseline_port}"

    @property
    def platform_url(self) -> str:
        return f"http://127.0.0.1:{self.platform_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def langchain(self) -> str:
        return f"127.0.0.1:{self.langchain_port}"

    @property
    def competition(self) -> str:
        return f"127.0.0.1:{self.competition_port}"

    @property
    def registry(self) -> Path:
        return self.folder / "competitors.yaml"

    def start(self, name: str) -> Service:
        """Starts one service by its module, without waiting for it."""
        modules = {
            "edge": "janus_edge",
            "router": "janus_router",
            "shim": "janus_shim",
            "platform": "janus_platform",
            "baseline": "janus_baseline.agent_cli",
            "langchain": "janus_baseline.langchain",
            "competition": "janus_competition",
            "sandbox": "janus_sandbox",
        }
        log = self.folder / f"{name}.log"
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", modules[name]],
                env={**_inherited(), **self.addresses(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=self.folder,
            )
        service = self.services[name] = Service(name, process, log)
        return service

    def wait(self, *names: str) -> Self:
        """Waits until the named services are healthy; fails with the log of one that is not."""
        for name in names:
            deadline = time.monotonic() + _START_SECONDS
            while not self.healthy(name):
                service = self.services[name]
                dead = service.process.poll() is not None
                if dead or time.monotonic() > deadline:
                    state = f"exited with {service.process.returncode}" if dead else "is not healthy"
                    raise AssertionError(f"{name} {state}:\n{service.log.read_text()[-4000:]}")
                time.sleep(0.05)
        return self

    def healthy(self, name: str) -> bool:
        grpc_services = {
            "router": self.router,
            "shim": self.shim,
            "langchain": self.langchain,
            "competition": self.competition,
        }
        if address := grpc_services.get(name):
            return _serving(address, "")
        urls = {
            "edge": f"{self.url}/health?ready=1",
            "platform": f"{self.platform_url}/health",
            "baseline": f"{self.baseline_url}/health",
            "sandbox": f"{self.sandbox_url}/health",
        }
        try:
            return httpx.get(urls[name], timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def wait_for_competitor(self, competitor_id: str) -> None:
        """Waits until the shim finds the competitor's container healthy and an answer gets through."""
        deadline = time.monotonic() + _START_SECONDS
        while not _serving(self.shim, competitor_id):
            assert time.monotonic() < deadline, self.services["shim"].log.read_text()[-4000:]
            time.sleep(0.05)
        self.wait_for_router(competitor_id)

    def wait_for_router(self, competitor_id: str) -> None:
        """Waits until the router finds the competitor healthy."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            listed = httpx.get(f"{self.url}/v1/models/{competitor_id}", timeout=5)
            if listed.status_code == 200 and "HEALTHY" in listed.text.upper().replace("UNHEALTHY", ""):
                return
            assert time.monotonic() < deadline, listed.text
            time.sleep(0.05)

    def stop(self) -> None:
        for service in self.services.values():
            service.process.send_signal(signal.SIGTERM)
        for service in self.services.values():
            try:
                service.process.wait(10)
            except subprocess.TimeoutExpired:
                service.kill()

    def addresses(self) -> dict[str, str]:
        """The environment that puts every service on this stack's ports."""
        return {
            "JANUS_PORT": str(self.edge_port),
            "JANUS_ROUTER_URL": self.router,
            "JANUS_ROUTER_PORT": str(self.router_port),
            "JANUS_ROUTER_METRICS_PORT": "0",
            "JANUS_SHIM_URL": self.shim,
            "JANUS_SHIM_PORT": str(self.shim_port),
            "JANUS_SHIM_METRICS_PORT": "0",
            "JANUS_PLATFORM_PORT": str(self.platform_port),
            "JANUS_SANDBOX_PORT": str(self.sandbox_port),
            "JANUS_SANDBOX_URL": self.sandbox_url,
            "JANUS_ARTIFACT_PORT": str(self.artifact_port),
            "JANUS_INFERENCE_URL": f"{self.platform_url}/v1",
            "BASELINE_AGENT_CLI_PORT": str(self.baseline_port),
            "BASELINE_LANGCHAIN_PORT": str(self.langchain_port),
            "JANUS_COMPETITION_PORT": str(self.competition_port),
            "JANUS_COMPETITION_METRICS_PORT": "0",
            "JANUS_COMPETITORS": str(self.registry),
            "JANUS_ARTIFACT_KEY": "k" * 64,
            "JANUS_DRAIN_SECONDS": "1",
        }


@contextmanager
def running(
    folder: Path,
    registry: str,
    *,
    model: bool = False,
    more: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack with this registry file; `{baseline}` and `{langchain}` in it are replaced.

    `model` adds the real baseline with its model, `more` adds services by name.
    """
    stack = Stack(folder, environment=dict(environment or {}))
    named = registry.replace("{baseline}", stack.baseline_url).replace("{langchain}", stack.langchain)
    stack.registry.write_text(named)
    names = ["router", "shim", "edge", *(["platform", "baseline"] if model else []), *more]
    if "competition" in names:
        stack.environment["JANUS_COMPETITION_URL"] = stack.competition
    if "platform" in names:
        stack.environment["JANUS_PLATFORM_URL"] = stack.platform_url
        stack.environment["JANUS_SHIM_ARTIFACT_ORIGINS"] = stack.platform_url
    try:
        for name in names:
            stack.start(name)
        yield stack.wait(*names)
    finally:
        stack.stop()


def _inherited() -> dict[str, str]:
    """The environment without what would make the services of a test depend on who runs it."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JANUS_", "BASELINE_", "OTEL_", "OPENAI_", "CHUTES_", "SANDY_"))
    }


def _serving(address: str, service: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        try:
            reply = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=2
            )
        except grpc.RpcError:
            return False
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)
