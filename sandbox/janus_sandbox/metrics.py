"""What the service counts."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)

CREATED = Histogram(
    "janus_sandbox_create_seconds", "From order to ready, by kind.", ["kind"], buckets=_SECONDS
)
TERMINATION = Histogram("janus_sandbox_terminate_seconds", "From wish to nothing left.", buckets=_SECONDS)
ENDED = Counter("janus_sandbox_ended_total", "Sandboxes that ended, by reason.", ["reason"])
COMMANDS = Counter("janus_sandbox_commands_total", "Commands that ended, by how.", ["end"])
EGRESS = Counter("janus_sandbox_egress_total", "Calls on the way out, by verdict.", ["verdict"])
AGENTS = Gauge("janus_sandbox_agents_live", "Agents at work.")
