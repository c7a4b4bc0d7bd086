"""Whether there is room for one more sandbox, and who has to go for it."""

from collections.abc import Collection
from dataclasses import dataclass

from janus_mesh.errors import Overloaded

from .sandbox import Order, Sandbox

_RETRY_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bounds over all sandboxes of a service."""

    sandboxes: int
    memory_bytes: int

    def holds(self, sandboxes: int, memory_bytes: int) -> bool:
        return sandboxes <= self.sandboxes and memory_bytes <= self.memory_bytes


def make_room(capacity: Capacity, live: Collection[Sandbox], order: Order) -> list[Sandbox]:
    """The sandboxes to end so that the ordered one fits: as few as can be, least important and oldest first.

    Raises `Overloaded` when all of them would not be enough; then none need end.
    """
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
