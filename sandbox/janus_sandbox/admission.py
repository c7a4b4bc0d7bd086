"""Whether there is room for one more sandbox, and who has to go for it."""

from collections.abc import Collection
from dataclasses import dataclass

from janus_mesh.errors import Overloaded, RateLimited

from .sandbox import Order, Sandbox

_RETRY_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bounds over all sandboxes of a service, and the part of both that one owner may have."""

    sandboxes: int
    memory_bytes: int
    owner_share: float = 1.0

    def holds(self, sandboxes: int, memory_bytes: int) -> bool:
        return sandboxes <= self.sandboxes and memory_bytes <= self.memory_bytes

    def owner_may_hold(self, sandboxes: int, memory_bytes: int) -> bool:
        """Whether one owner may have so much. One sandbox is always within a share."""
        return sandboxes <= max(1, int(self.sandboxes * self.owner_share)) and (
            sandboxes == 1 or memory_bytes <= self.memory_bytes * self.owner_share
        )


def make_room(capacity: Capacity, live: Collection[Sandbox], order: Order) -> list[Sandbox]:
    """The sandboxes to end so that the ordered one fits: as few as can be, least important and oldest first.

    Raises `RateLimited` beyond the owner's share, and `Overloaded` when all of them would not be enough; then
    none need end.
    """
    _check_share(capacity, live, order)
    count = len(live) + 1
    memory = sum(sandbox.order.limits.memory_bytes for sandbox in live) + order.limits.memory_bytes
    willing = sorted(
        (one for one in live if one.order.preemptable and one.order.priority < order.priority),
        key=lambda one: (one.order.priority, one.created),
    )
    victims: list[Sandbox] = []
    while not capacity.holds(count, memory):
        if not willing:
            raise Overloaded("no room for another sandbox now", code="no_capacity", retry_after=_RETRY_AFTER)
        victim = willing.pop(0)
        victims.append(victim)
        count -= 1
        memory -= victim.order.limits.memory_bytes
    return victims


def _check_share(capacity: Capacity, live: Collection[Sandbox], order: Order) -> None:
    if not order.owner:
        return
    own = [sandbox.order.limits.memory_bytes for sandbox in live if sandbox.order.owner == order.owner]
    if not capacity.owner_may_hold(len(own) + 1, sum(own) + order.limits.memory_bytes):
        raise RateLimited(
            "this owner has its share of the sandboxes", code="sandbox_share_used", retry_after=_RETRY_AFTER
        )
