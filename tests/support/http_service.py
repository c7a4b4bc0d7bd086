"""An ASGI application of ours behind a real HTTP server, in the test's own event loop.

    async with serving(app) as url: ...

It is uvicorn's protocol on a plain listener: uvicorn's own server looks ten times a second whether it
should stop, which dozens of short tests would wait for.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The URL at which the application is served until the block is left, which cancels live requests."""
    config = uvicorn.Config(app, log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpToolsProtocol(config, state, app_state={}), "127.0.0.1", 0
    )
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        for connection in list(state.connections):
            connection.shutdown()
