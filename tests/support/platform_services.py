"""The platform's other services in the test's own event loop, over a backend that no test asks."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter
from support.inference_platform import platform_over

from janus_mesh.settings import StreamTimeouts
from janus_platform.gate.gate import Gate
from janus_platform.inference.provider import Endpoint, Provider


@asynccontextmanager
async def platform_with(services: Sequence[APIRouter], gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    """A client of these services behind this gate."""
    nobody = Provider(Endpoint("http://127.0.0.1:9/v1", "k"), model="m", timeouts=StreamTimeouts())
    async with platform_over(nobody, gate=gate, services=services) as client:
        yield client
