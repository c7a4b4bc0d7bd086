"""The gateways that are measured, one module each, in the order in which they are shown."""

from janus_bench.mesh.target import Target

from . import direct, envoy, janus, litellm, nginx, portkey

DIRECT = direct.TARGET.name
YARDSTICK = envoy.TARGET.name
JANUS = janus.TARGETS[0].name  # over the transport that it uses by itself
ALL: tuple[Target, ...] = (
    direct.TARGET,
    nginx.TARGET,
    envoy.TARGET,
    portkey.TARGET,
    litellm.TARGET,
    *janus.TARGETS,
)
