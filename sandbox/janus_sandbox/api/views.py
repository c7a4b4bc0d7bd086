"""Sandboxes as they are told of."""

import os
import shutil
from datetime import UTC, datetime
from typing import Any

from janus_sandbox.backend import Isolation
from janus_sandbox.limits import DEFAULT_FLAVOR, FLAVORS
from janus_sandbox.sandbox import Priority, Sandbox
from janus_sandbox.sandboxes import Sandboxes

from .wire import SandboxView, UsageView


def view(sandbox: Sandbox) -> SandboxView:
    usage, traffic, order = sandbox.usage(), sandbox.traffic, sandbox.order
    return SandboxView(
        sandbox_id=sandbox.id,
        id=sandbox.id,
        url=sandbox.url,
        public_url=sandbox.url,
        state=sandbox.state,
        status=sandbox.state,
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


def resources(sandboxes: Sandboxes) -> dict[str, Any]:
    """How full the service and its machine are, in Sandy's words."""
    live = list(sandboxes.live)
    reserved = sum(one.order.limits.memory_bytes for one in live)
    capacity = sandboxes.capacity
    room = capacity.holds(len(live) + 1, reserved + FLAVORS[DEFAULT_FLAVOR].memory_bytes)
    loads = os.getloadavg()
    disk = shutil.disk_usage("/")
    total, available = _memory()
    return {
        "canCreateSandbox": room,
        "rejectReason": None if room else "no room for another sandbox now",
        "limits": {
            "maxSandboxes": capacity.sandboxes,
            "liveSandboxes": len(live),
            "maxMemoryBytes": capacity.memory_bytes,
            "reservedMemoryBytes": reserved,
        },
        "priorityBreakdown": {
            priority.name: sum(one.order.priority is priority for one in live) for priority in Priority
        },
        "cpuCount": os.cpu_count(),
        **{f"load{minutes}": round(load, 2) for minutes, load in zip((1, 5, 15), loads, strict=True)},
        "memoryTotalBytes": total,
        "memoryUsedBytes": total - available,
        "memoryAvailableBytes": available,
        "diskTotalBytes": disk.total,
        "diskUsedBytes": disk.used,
        "diskFreeBytes": disk.free,
        "diskUsedRatio": round(disk.used / disk.total, 4) if disk.total else None,
    }


def _memory() -> tuple[int, int]:
    """Total and available bytes of the machine."""
    page = os.sysconf("SC_PAGE_SIZE")
    return os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page


def isolation_body(isolation: Isolation) -> dict[str, Any]:
    return {
        "backend": isolation.backend,
        "secure": isolation.secure,
        "holds": list(isolation.holds),
        "missing": list(isolation.missing),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
