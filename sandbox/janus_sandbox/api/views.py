"""Sandboxes as they are told of."""

from datetime import UTC, datetime
from typing import Any

from janus_sandbox.backend import Isolation
from janus_sandbox.sandbox import Sandbox
from janus_sandbox.sandboxes import Sandboxes

from .wire import SandboxView, UsageView


def view(sandbox: Sandbox) -> SandboxView:
    usage, traffic, order = sandbox.usage(), sandbox.traffic, sandbox.order
    return SandboxView(
        sandbox_id=sandbox.id,
        url=sandbox.url,
        state=sandbox.state,
        end_reason=sandbox.end_reason,
        priority=order.priority.name.lower(),
        preemptable=order.preemptable,
        flavor=order.flavor,
        expose_ports=sorted(order.ports),
        created_at=_iso(sandbox.created),
        expires_at=_iso(sandbox.expires),
        sandbox_seconds=round(sandbox.seconds, 3),
        usage=UsageView(
            memory_bytes=usage.memory_bytes,
            peak_memory_bytes=usage.peak_memory_bytes,
            cpu_seconds=usage.cpu_seconds,
            processes=usage.processes,
            oom_kills=usage.oom_kills,
            egress_calls=traffic.calls,
            egress_refusals=traffic.refusals,
            egress_bytes_in=traffic.bytes_in,
            egress_bytes_out=traffic.bytes_out,
        ),
    )


def stats(sandboxes: Sandboxes, isolation: Isolation) -> dict[str, Any]:
    """How full the service is, and how sandboxes ended since it started."""
    live = list(sandboxes.live)
    return {
        "sandboxes": {
            "live": len(live),
            "warm": len(sandboxes.pool),
            "capacity": sandboxes.capacity.sandboxes,
        },
        "memoryBytes": {
            "reserved": sum(one.order.limits.memory_bytes for one in live),
            "warm": sandboxes.pool.memory_bytes,
            "capacity": sandboxes.capacity.memory_bytes,
        },
        "ended": dict(sandboxes.ends),
        "agentsAtWork": sum(one.agent_stop is not None for one in live),
        "backend": isolation.backend,
    }


def isolation_body(isolation: Isolation) -> dict[str, Any]:
    return {
        "backend": isolation.backend,
        "secure": isolation.secure,
        "holds": list(isolation.holds),
        "missing": list(isolation.missing),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
