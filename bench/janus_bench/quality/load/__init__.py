"""How many requests a target bears: steps of rising load, and what became of every request.

    plan.Step -> generator.carry_out -> asking.Asker (HTTP or gRPC) -> figures.StepFigures -> chart

In an open loop requests leave on a timetable, whether or not the target keeps up, and every time counts
from when a request should have left: a target that stalls cannot hide it by holding requests back.
"""
