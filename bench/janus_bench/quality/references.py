"""The reference points of the scores, from `references.json`: what is as good, and as bad, as it gets."""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Scale:
    """From 1 at `best` and below to 0 at `worst` and above, evenly on a logarithmic axis between."""

    best: float
    worst: float

    def __call__(self, value: float) -> float:
        if value <= self.best:
            return 1.0
        if value >= self.worst:
            return 0.0
        return math.log(self.worst / value) / math.log(self.worst / self.best)


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each component in the composite."""

    quality: float
    speed: float
    cost: float
    streaming: float
    modality: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds."""

    ttft_s: Scale
    itl_s: Scale


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars."""

    usd_per_task: Scale


@dataclass(frozen=True, slots=True)
class Streaming:
    """Seconds; the largest piece is a share of the text, looked at from so many tokens on."""

    silence_s: Scale
    progress_s: Scale
    largest_piece: Scale
    least_tokens: int


@dataclass(frozen=True, slots=True)
class References:
    """All of them."""

    weights: Weights
    speed: Speed
    cost: Cost
    streaming: Streaming


@cache
def references() -> References:
    document = Path(__file__).with_name("references.json").read_bytes()
    return TypeAdapter(References).validate_json(document)
