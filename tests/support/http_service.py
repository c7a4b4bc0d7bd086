"""An ASGI application of ours behind the HTTP server of the services, in the test's own event loop.

    async with serving(app) as url: ...

It is their protocol on a plain listener: uvicorn's own server looks ten times a second whether it
should stop, which dozens of short tests would wait for.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from janus_mesh.http_server import BoundedHttpProtocol, HttpLimits
from janus_mesh.http_server.connections import Connections


@asynccontextmanager
async def serving(
    app: Any, limits: HttpLimits | None = None, state: dict[str, Any] | None = None
) -> AsyncIterator[str]:
    """The URL at which the application is served until the block is left, which cancels live requests."""
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
    config.load()
    server_state = ServerState()
    limits = limits or HttpLimits()
    counted = Connections(limits)

    def protocol() -> BoundedHttpProtocol:
        return BoundedHttpProtocol(
            config, server_state, {} if state is None else state, limits=limits, counted=counted
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in server_state.tasks:
            task.cancel()
        await asyncio.gather(*server_state.tasks, return_exceptions=True)
        for connection in list(server_state.connections):
            connection.abort()  # type: ignore[union-attr]
