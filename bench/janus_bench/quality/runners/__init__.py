"""Asking a target one question: over HTTP as OpenAI's clients do, or over gRPC as the mesh does.

    async with open_runner(Target.parse("http://127.0.0.1:8000", model="janus")) as runner:
        observation = await runner.ask(request_body)

`ask` never raises for what a target does: whatever goes wrong is the observation's typed failure.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from janus_bench.quality.observation import Observation
from janus_mesh.errors import Unavailable

from . import grpc, http
from .bounds import Bounds
from .grpc import GrpcRunner
from .http import HttpRunner
from .target import Target

__all__ = ["Bounds", "Runner", "Target", "open_runner", "reach"]


class Runner(Protocol):
    """Asks a target questions, any number at a time."""

    async def ask(self, request: Mapping[str, Any]) -> Observation:
        """Asks one question, an OpenAI request body without `model` and `stream`."""


async def reach(target: Target, bounds: Bounds | None = None) -> None:
    """Raises `Unavailable` when nobody answers at a target; asks nothing."""
    within = bounds or Bounds()
    connecting = grpc.connect(target, within) if target.transport == "grpc" else http.connect(target)
    try:
        async with asyncio.timeout(within.connect_seconds):
            line = await connecting
    except (TimeoutError, OSError) as error:
        raise Unavailable(f"nobody answers at {target.url}: {error or 'no connection'}") from None
    line.leave()


def open_runner(target: Target, bounds: Bounds | None = None) -> AbstractAsyncContextManager[Runner]:
    """The runner for a target's transport, to be entered with `async with`."""
    if target.transport == "grpc":
        return GrpcRunner(target, bounds or Bounds())
    return HttpRunner(target, bounds or Bounds())
