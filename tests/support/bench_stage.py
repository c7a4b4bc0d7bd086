"""A mock competitor in the test's own event loop, and loads to carry out against it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from janus_bench.mesh.client import Crowd
from janus_bench.mesh.load import Endpoint, Load, Outcome, Steady
from janus_bench.mesh.mock import listen, port_of
from janus_bench.mesh.script import Script


@asynccontextmanager
async def mock_endpoint() -> AsyncIterator[Endpoint]:
    """Where a mock competitor answers for the length of the block."""
    server = await listen()
    try:
        yield Endpoint(port_of(server))
    finally:
        server.close()


def load(endpoint: Endpoint, script: Script, streams: int = 1, **particulars: object) -> Load:
    """A load that ends with its last stream, within ten seconds, unless told otherwise."""
    bounds: dict[str, object] = {"open_over": 0.0, "steady_by": 0.0, "steady": 0.0, "cut_after": 10.0}
    return Load(endpoint=endpoint, script=script, streams=streams, **{**bounds, **particulars})  # type: ignore[arg-type]


async def carry_out(given: Load) -> tuple[Outcome, list[Steady]]:
    """The outcome of a load, and the steady states that it announced."""
    announced: list[Steady] = []
    outcome = await Crowd(given, announced.append).run()
    return outcome, announced
