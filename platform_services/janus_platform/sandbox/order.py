"""What a caller may order of a sandbox, as it goes on to the sandbox service."""

from typing import Any

# Sandy's fields that concern the caller alone, in both spellings. Whatever else there is (Sandy has
# `enableDockerSocket`, for one) would be a privilege that is the operator's to give.
_PASSED_ON = frozenset(
    ("ttlSeconds", "ttl_seconds", "flavor", "exposePorts", "expose_ports", "env", "timeoutMs", "timeout_ms")
)
# Sizes that our own sandbox service has; Sandy's flavors are of images.
OUR_FLAVORS = ("small", "medium", "large")
# Sandy counts from 0, critical, to 3, low; both services take numbers.
_NORMAL = 2


def order_for(asked: dict[str, Any], *, identity: str, token: str) -> dict[str, Any]:
    """The order that is made of a caller's.

    Priority is policy and not the caller's choice: all have the same, and none gives way to another's. The
    owner and the token tell our own service whose sandbox it is and in whose name its calls are made.
    """
    order = {name: value for name, value in asked.items() if name in _PASSED_ON}
    order |= {"priority": _NORMAL, "preemptable": False, "owner": identity}
    if token:
        order["egressToken"] = token
    return order


def sandbox_id_of(body: dict[str, Any]) -> str:
    """The id in a sandbox service's answer, in whichever spelling; '' when there is none."""
    for name in ("sandboxId", "sandbox_id", "id"):
        if isinstance(found := body.get(name), str) and found:
            return found
    return ""


def sandbox_url_of(body: dict[str, Any]) -> str:
    """Where the sandbox's file server is, without a slash at the end; '' when that is not said."""
    for name in ("url", "public_url", "publicUrl"):
        if isinstance(found := body.get(name), str) and found:
            return found.rstrip("/")
    return ""


def has_ended(body: dict[str, Any]) -> bool:
    """Whether a description of a sandbox says that it lives no more (`state` is ours, `status` Sandy's)."""
    return any(str(body.get(name)).lower() in _ENDED for name in ("state", "status"))


_ENDED = ("terminated", "stopped", "expired", "failed", "deleted", "exited", "dead")
