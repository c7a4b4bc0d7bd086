"""One sandbox as its users know it: who it is, how long it lives, what it costs, how it ended."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from .backend import Box, Usage
from .left_open import LeftOpen
from .limits import FLAVORS, Limits


class Priority(IntEnum):
    """Who gives way to whom."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


class State(StrEnum):
    """Where a sandbox is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    TERMINATED = "terminated"


class EndReason(StrEnum):
    """Why a sandbox ended."""

    TERMINATED = "terminated"  # its user said so
    EXPIRED = "expired"  # its time was over
    PREEMPTED = "preempted"  # a more important one needed its place
    OUT_OF_MEMORY = "out_of_memory"
    DIED = "died"
    SHUTDOWN = "shutdown"  # the service stopped
    FAILED = "failed"  # it never started


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants. `egress_token` is kept out of the sandbox: its calls carry it further on."""

    flavor: str
    priority: Priority
    preemptable: bool
    ttl: float
    ports: frozenset[int] = frozenset()
    env: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""  # as a trusted caller says; "" is nobody in particular
    egress_token: str = ""

    @property
    def limits(self) -> Limits:
        return FLAVORS[self.flavor]


@dataclass(slots=True)
class Traffic:
    """What went through the way out."""

    calls: int = 0
    refusals: int = 0
    bytes_out: int = 0
    bytes_in: int = 0


class Sandbox:
    """Its box is there while it is running. Times are seconds since 1970."""

    def __init__(self, sandbox_id: str, order: Order, url: str) -> None:
        self.id = sandbox_id
        self.order = order
        self.url = url
        self.state = State.STARTING
        self.created = time.time()
        self.expires = self.created + order.ttl
        self.ended_at: float | None = None
        self.end_reason: EndReason | None = None
        self.last_usage = Usage()
        self.traffic = Traffic()
        self.box: Box | None = None
        self.left_open = LeftOpen()
        self.commands = 0  # under way
        self.agent_stop: asyncio.Event | None = None  # while an agent is at work

    @property
    def seconds(self) -> float:
        """How long it has lived."""
        return (self.ended_at or time.time()) - self.created

    def usage(self) -> Usage:
        """What it uses now, or used when it ended."""
        if self.box is not None and self.state is State.RUNNING:
            self.last_usage = self.box.usage()
        return self.last_usage
