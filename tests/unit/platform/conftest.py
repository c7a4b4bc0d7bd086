"""The one real embedded model that the tests of this folder share."""

from collections.abc import AsyncIterator

import pytest_asyncio
from support.inference_platform import RealModel, health_of, platform_over

from janus_platform.inference.embedded.model import EmbeddedModel
from janus_platform.inference.embedded.runtime import ModelRuntime


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def model() -> AsyncIterator[RealModel]:
    """Loaded once; tests that use it run in the session's event loop, and in one process under xdist."""
    runtime = ModelRuntime(context=1024)
    backend = EmbeddedModel(runtime, queue=8, total_timeout=60, gap_timeout=60)
    async with platform_over(backend) as client:
        await health_of(client, "ok")
        yield RealModel(client, runtime)
