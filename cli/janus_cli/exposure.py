"""Which of the stack's environment variables a service sees.

Baselines are competitors like any other, and sandboxes run strangers' code: neither process should hold the
keys of providers or of the router. They see what is listed here, and what the stack gives them by name.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

# What a program needs to run at all, and what every room reads.
_RUNNING = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR"),
    *("PYTHON*", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "MALLOC_*", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("NO_COLOR", "FORCE_COLOR", "GRPC_VERBOSITY", "GRPC_TRACE", "COVERAGE_*", "COV_CORE_*"),
    # Traces; never their headers, which hold the key of whoever collects them.
    *("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED", "OTEL_PROPAGATORS"),
    *("OTEL_TRACES_*", "OTEL_EXPORTER_OTLP*ENDPOINT", "OTEL_EXPORTER_OTLP*PROTOCOL", "OTEL_BSP_*"),
    *("JANUS_LOG_*", "JANUS_DRAIN_SECONDS", "JANUS_MESH_*", "JANUS_MAX_BODY_BYTES"),
    *("JANUS_CONNECT_TIMEOUT", "JANUS_FIRST_EVENT_TIMEOUT", "JANUS_GAP_TIMEOUT", "JANUS_TOTAL_TIMEOUT"),
)
BASELINES = (*_RUNNING, "BASELINE_*", "JANUS_BASELINE_*", "JANUS_INFERENCE_URL")
SANDBOXES = (
    *_RUNNING,
    *("JANUS_SANDBOX", "JANUS_SANDBOX_*", "JANUS_ARTIFACT_PORT", "JANUS_PLATFORM_URL", "SANDY_API_KEY"),
    # Of container engines.
    *("DOCKER_*", "CONTAINER_*", "CONTAINERS_*", "PODMAN_*", "XDG_*", "DBUS_SESSION_BUS_ADDRESS"),
)


def exposed(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The variables whose names fit one of these patterns."""
    patterns = tuple(names)
    return {
        name: value
        for name, value in environment.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
