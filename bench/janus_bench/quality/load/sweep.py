"""A sweep: step after step, from the lowest level up, and where the target was saturated."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from janus_bench.quality.runners import Bounds, Target

from .asking import open_asker
from .figures import StepFigures, figures_of, saturation
from .generator import carry_out
from .plan import Slo, Step

_REST_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All steps, lowest level first."""

    slo: Slo
    steps: list[StepFigures]
    saturation: float | None


async def sweep(
    target: Target,
    request: Mapping[str, Any],
    steps: Sequence[Step],
    slo: Slo,
    told: Callable[[StepFigures], None] = lambda _: None,
) -> Sweep:
    """Carries out the steps one after the other, each on the connections of those before."""
    figures = []
    bounds = Bounds(total_seconds=max(step.seconds + step.drain for step in steps))
    async with open_asker(target, request, bounds) as asker:
        for step in steps:
            figures.append(figures_of(await carry_out(step, asker), slo))
            told(figures[-1])
            await asyncio.sleep(_REST_SECONDS)
    return Sweep(slo=slo, steps=figures, saturation=saturation(figures))
