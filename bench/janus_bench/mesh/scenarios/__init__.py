"""The scenarios, one module each, in the order in which they run."""

from janus_bench.mesh.scenario import Scenario

from . import cancel, idle, rate, saturation, ttft

ALL: tuple[Scenario, ...] = (
    idle.SCENARIO,
    ttft.SCENARIO,
    rate.SCENARIO,
    saturation.SCENARIO,
    cancel.SCENARIO,
)
