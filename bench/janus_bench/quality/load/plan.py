"""What load is put on a target: steps of an open or a closed loop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from janus_mesh.errors import InvalidRequest

Mode = Literal["open", "closed"]
_MOST_STEPS = 50
_HIGHEST = {"open": 100_000.0, "closed": 10_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """What a request must keep to count as good. Seconds."""

    ttft_s: float = 0.2
    itl_s: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One level of load: requests per second (open loop), or requests at a time (closed loop)."""

    mode: Mode
    level: float
    seconds: float = 10.0
    warm_up: float = 2.0
    drain: float = 30.0  # how long requests may take after the last one left
    seed: int = 0

    def __post_init__(self) -> None:
        if self.warm_up >= self.seconds:
            raise InvalidRequest("the warm-up must be shorter than the step", param="warm_up")

    def arrivals(self) -> Iterator[float]:
        """When requests leave in an open loop, in seconds from the start: a Poisson process."""
        random = np.random.default_rng([self.seed, round(self.level * 1000)])
        at = random.exponential(1 / self.level)
        while at < self.seconds:
            yield float(at)
            at += random.exponential(1 / self.level)


def levels(mode: Mode, words: str) -> list[float]:
    """Reads `1,2,4`; raises `InvalidRequest` naming what is no level."""
    param = "rates" if mode == "open" else "concurrency"
    try:
        read = [float(word) for word in words.split(",") if word.strip()]
    except ValueError:
        raise InvalidRequest(f"{words!r} is not of the form 1,2,4", param=param) from None
    for level in read:
        if not 0 < level <= _HIGHEST[mode] or (mode == "closed" and level != int(level)):
            raise InvalidRequest(f"{level:g} is no level of {param}", param=param)
    if not 0 < len(read) <= _MOST_STEPS:
        raise InvalidRequest(f"1 to {_MOST_STEPS} levels are needed", param=param)
    return sorted(read)
