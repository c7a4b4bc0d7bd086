"""The services of Janus: what starts each, where it listens and how its health is asked.

The only place of this room that knows a variable or a default of an address. `resolve` turns the
environment into a `Stack`; its services are started with exactly those addresses in their own
environment, so what is asked for health and what listens cannot drift apart.
"""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import agents, exposure

_LOOPBACK = frozenset({"localhost", "::1"})
_WILDCARDS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # recognised, not bound

# A provider counts when both its key and its base URL are set.
_PROVIDERS = ("CHUTES", "OPENAI")

# For some services alone; competitors are what they protect from.
_SECRETS = frozenset({"JANUS_PLATFORM_KEY", "JANUS_COMPETITION_KEY", "JANUS_DATABASE_URL"})


class BadVariable(Exception):
    """An environment variable that cannot be what it is set to."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f"{name}: {reason} (got {value!r})")


@dataclass(frozen=True, slots=True)
class Listener:
    """An address that a service binds, and the variable that moves its port."""

    host: str
    port: int
    variable: str

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return self.host in _LOOPBACK or self.host.startswith("127.")

    @property
    def target(self) -> str:
        """`host:port` as a caller on this machine dials it."""
        host = _WILDCARDS.get(self.host, self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """Healthy when a GET answers 200."""

    target: str
    path: str


@dataclass(frozen=True, slots=True)
class GrpcProbe:
    """Healthy when `grpc.health.v1.Health/Check` of the whole server says SERVING."""

    target: str


Probe = HttpProbe | GrpcProbe


@dataclass(frozen=True, slots=True)
class Service:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    url: str
    probe: Probe
    listeners: tuple[Listener, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)  # its own, beside the stack's
    late: bool = False  # started when the others are healthy, and not waited for
    sees: tuple[str, ...] = ("*",)  # names of the stack's variables, as patterns

    def variables(self, stack: Mapping[str, str]) -> dict[str, str]:
        """The whole environment of its process."""
        return {**exposure.exposed(stack, self.sees), **self.environment}


@dataclass(frozen=True, slots=True)
class Stack:
    """All services in the order in which requests reach them last to first, and what they share."""

    services: tuple[Service, ...]
    environment: Mapping[str, str]

    def url(self, name: str) -> str:
        return next(service.url for service in self.services if service.name == name)


def resolve(
    environment: Mapping[str, str],
    *,
    artifact_key: str = "",
    platform_key: str = "",
    competition_key: str = "",
    sandbox_key: str = "",
    state: str = ".janus",
) -> Stack:
    """The stack that these variables describe. Port 0 becomes a free one. Raises `BadVariable`.

    Sandboxes are part of it when a key for them is given; the user's own wins. `state` is the folder
    that services keep their files in.
    """
    read = _Reader(environment)
    platform = read.listener("JANUS_PLATFORM_HOST", "JANUS_PLATFORM_PORT", 8010)
    sandboxes, sandy = _sandboxes(read, environment, sandbox_key) if sandbox_key else ((), {})
    baseline = read.listener("BASELINE_AGENT_CLI_HOST", "BASELINE_AGENT_CLI_PORT", 8001)
    langchain = read.listener("BASELINE_LANGCHAIN_HOST", "BASELINE_LANGCHAIN_PORT", 8002)
    shim = read.listener("JANUS_SHIM_HOST", "JANUS_SHIM_PORT", 50052)
    shim_metrics = read.metrics(shim, "JANUS_SHIM_METRICS_PORT", 9152)
    router = read.listener("JANUS_ROUTER_HOST", "JANUS_ROUTER_PORT", 50051)
    router_metrics = read.metrics(router, "JANUS_ROUTER_METRICS_PORT", 9151)
    competition = read.listener("JANUS_COMPETITION_HOST", "JANUS_COMPETITION_PORT", 50060)
    competition_metrics = read.metrics(competition, "JANUS_COMPETITION_METRICS_PORT", 9160)
    edge = read.listener("JANUS_HOST", "JANUS_PORT", 8000)
    key = {"JANUS_ARTIFACT_KEY": environment.get("JANUS_ARTIFACT_KEY") or artifact_key}
    # Who mints request tokens and who verifies them; competitors are what they protect from.
    minting = {"JANUS_PLATFORM_KEY": environment.get("JANUS_PLATFORM_KEY") or platform_key}
    platform_data = {"JANUS_PLATFORM_DATA": environment.get("JANUS_PLATFORM_DATA") or f"{state}/platform"}
    # Without tokens every process of this machine, and every page in its browsers, could spend the
    # provider's money. No key, no tokens: then the service would not start.
    required = (
        environment.get("JANUS_PLATFORM_REQUIRE_TOKEN") or str(bool(minting["JANUS_PLATFORM_KEY"])).lower()
    )
    verifying = {**minting, "JANUS_PLATFORM_REQUIRE_TOKEN": required}
    contest = {
        **minting,
        "JANUS_COMPETITION_KEY": environment.get("JANUS_COMPETITION_KEY") or competition_key,
        "JANUS_COMPETITION_DATA": environment.get("JANUS_COMPETITION_DATA") or f"{state}/competition",
        # Trials spend the operator's money, so strangers get none unless the operator says so.
        "JANUS_TRY_IT": environment.get("JANUS_TRY_IT") or str(edge.is_loopback).lower(),
        "JANUS_DATABASE_URL": environment.get("JANUS_DATABASE_URL", ""),
    }
    return Stack(
        services=(
            _http("platform", "janus_platform", platform, environment={**verifying, **platform_data}),
            *sandboxes,
            replace(
                _http("baseline-agent-cli", "janus_baseline.agent_cli", baseline), sees=exposure.BASELINES
            ),
            replace(
                _late("baseline-langchain", "janus_baseline.langchain", langchain), sees=exposure.BASELINES
            ),
            _grpc("shim", "janus_shim", shim, shim_metrics),
            _grpc("router", "janus_router", router, router_metrics, environment=minting),
            _grpc("competition", "janus_competition", competition, competition_metrics, environment=contest),
            _http("edge", "janus_edge", edge, path="/health?ready=1", environment=key),
        ),
        environment={
            **{name: value for name, value in environment.items() if name not in _SECRETS},
            **read.resolved,
            # Each caller finds its peer even when only the peer's own port was moved.
            "JANUS_ROUTER_URL": environment.get("JANUS_ROUTER_URL") or router.target,
            "JANUS_COMPETITION_URL": environment.get("JANUS_COMPETITION_URL") or competition.target,
            "JANUS_SHIM_URL": environment.get("JANUS_SHIM_URL") or shim.target,
            "JANUS_INFERENCE_URL": environment.get("JANUS_INFERENCE_URL") or f"http://{platform.target}/v1",
            "JANUS_PLATFORM_URL": environment.get("JANUS_PLATFORM_URL") or f"http://{platform.target}",
            "JANUS_SHIM_ARTIFACT_ORIGINS": environment.get("JANUS_SHIM_ARTIFACT_ORIGINS")
            or f"http://{platform.target}",
            **sandy,
            "PYTHONUNBUFFERED": "1",
        },
    )


def _sandboxes(
    read: "_Reader", environment: Mapping[str, str], key: str
) -> tuple[tuple[Service, ...], dict[str, str]]:
    """The sandbox service, and what its users need to know of it."""
    api = read.listener("JANUS_SANDBOX_HOST", "JANUS_SANDBOX_PORT", 8020)
    artifacts = read.listener("JANUS_SANDBOX_HOST", "JANUS_ARTIFACT_PORT", 5173)
    seen = {agents.IMAGE: agents.image(environment)}
    service = replace(
        _http("sandbox", "janus_sandbox", api, environment=seen),
        listeners=(api, artifacts),
        sees=exposure.SANDBOXES,
    )
    sandy = {"SANDY_BASE_URL": service.url, "SANDY_API_KEY": environment.get("SANDY_API_KEY") or key}
    return (service,), sandy


def drain_seconds(environment: Mapping[str, str]) -> float:
    """How long a service may take to stop, as the services themselves read it."""
    value = environment.get("JANUS_DRAIN_SECONDS", "10")
    try:
        return float(value)
    except ValueError:
        raise BadVariable("JANUS_DRAIN_SECONDS", value, "a number of seconds is needed") from None


def _http(
    name: str,
    module: str,
    listener: Listener,
    *,
    path: str = "/health",
    environment: Mapping[str, str] | None = None,
) -> Service:
    url, probe = f"http://{listener.target}", HttpProbe(listener.target, path)
    return Service(name, _python(module), url, probe, (listener,), environment or {})


def _grpc(
    name: str,
    module: str,
    listener: Listener,
    metrics: Listener,
    *,
    environment: Mapping[str, str] | None = None,
) -> Service:
    listeners = (listener, metrics) if metrics.port else (listener,)
    url, probe = f"grpc://{listener.target}", GrpcProbe(listener.target)
    return Service(name, _python(module), url, probe, listeners, environment or {})


def _late(name: str, module: str, listener: Listener) -> Service:
    """A gRPC service that takes seconds to load, which nobody should wait for."""
    url, probe = f"grpc://{listener.target}", GrpcProbe(listener.target)
    return Service(name, _python(module), url, probe, (listener,), late=True)


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


class _Reader:
    """Reads addresses and remembers what each variable came to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.resolved: dict[str, str] = {}

    def listener(self, host_variable: str, port_variable: str, default: int) -> Listener:
        host = self._environment.get(host_variable, "127.0.0.1")
        port = self._port(port_variable, default) or self._free(host_variable, host)
        self.resolved |= {host_variable: host, port_variable: str(port)}
        return Listener(host, port, port_variable)

    def metrics(self, beside: Listener, port_variable: str, default: int) -> Listener:
        """The metrics port of a gRPC service; 0 serves none."""
        port = self._port(port_variable, default)
        self.resolved[port_variable] = str(port)
        return Listener(beside.host, port, port_variable)

    def _free(self, host_variable: str, host: str) -> int:
        try:
            # The kernel may name a port twice before anybody listens there.
            while str(port := free_port(host)) in self.resolved.values():
                pass
        except OSError as error:
            raise BadVariable(host_variable, host, f"cannot listen there ({error.strerror})") from None
        return port

    def _port(self, variable: str, default: int) -> int:
        value = self._environment.get(variable, str(default))
        if not value.isascii() or not value.isdigit() or int(value) > 65_535:
            raise BadVariable(variable, value, "a port from 0 to 65535 is needed")
        return int(value)


def free_port(host: str) -> int:
    """A port that nobody listens on at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def has_provider(variables: Mapping[str, str]) -> bool:
    """Whether a real model provider is configured, so that the embedded model is not used."""
    return any(variables.get(f"{name}_API_KEY") and variables.get(f"{name}_BASE_URL") for name in _PROVIDERS)
