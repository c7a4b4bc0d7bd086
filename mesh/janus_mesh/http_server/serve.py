"""Serving an ASGI app until the process is told to stop."""

import asyncio
import socket
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from janus_mesh import logs

from .connections import Connections
from .limits import HttpLimits
from .protocol import BoundedHttpProtocol

log = logs.get("mesh.service")

# For requests that the end of the drain cancels, to close what they hold open.
_CLOSING_SECONDS = 2.0
_DEFAULT_LIMITS = HttpLimits()


async def serve_http(
    app: Any,
    host: str,
    port: int,
    stop: asyncio.Event,
    *,
    drain_seconds: float,
    limits: HttpLimits = _DEFAULT_LIMITS,
) -> None:
    """Serves an ASGI app on this loop until `stop` is set, then lets live responses finish.

    Returns within `drain_seconds`, and 2 s more for requests that were cut off to close what they held open,
    whatever clients do. Raises `OSError` when the address is taken.
    """
    connections = Connections(limits)
    protocol: Any = partial(BoundedHttpProtocol, limits=limits, counted=connections)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="none",
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # no application asks where a request came from
    )
    server = _Server(config, connections, drain_seconds)

    async def leave() -> None:
        await stop.wait()
        log.info("stopping", drain_seconds=drain_seconds)
        server.should_exit = True

    leaving = asyncio.create_task(leave())
    try:
        await server.serve()
    except SystemExit:
        # uvicorn exits by itself when the port is taken; `run` says it in our words.
        raise OSError(f"cannot listen on {host}:{port}") from None
    finally:
        leaving.cancel()


async def listen(app: Any, listener: socket.socket, limits: HttpLimits = _DEFAULT_LIMITS) -> asyncio.Server:
    """Serves an ASGI app on a socket that is bound; for what needs neither a drain nor a lifespan."""
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, lifespan="off")
    config.load()
    state, counted = ServerState(), Connections(limits)

    def protocol() -> BoundedHttpProtocol:
        return BoundedHttpProtocol(config, state, {}, limits=limits, counted=counted)

    return await asyncio.get_running_loop().create_server(protocol, sock=listener)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own, because `run` has them, and with a drain that ends."""

    def __init__(self, config: uvicorn.Config, connections: Connections, drain_seconds: float) -> None:
        super().__init__(config)
        self._connections = connections
        self._drain_seconds = drain_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            log.info("listening", address=f"{self.config.host}:{self.config.port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds):
                await self._connections.all_closed()
                if tasks := self.server_state.tasks:  # that go on after their response
                    await asyncio.wait(tasks)
        await self._cut_off()
        await self.lifespan.shutdown()

    async def _cut_off(self) -> None:
        """Ends what is left. A client that does not read would keep its connection open for ever."""
        state = self.server_state
        if cancelled := set(state.tasks):
            log.warning("requests cut off", count=len(cancelled))
            for task in cancelled:
                task.cancel()
            for connection in list(state.connections):
                connection.cut_off()  # type: ignore[union-attr]  # all are BoundedHttpProtocol
            # What the caller closes next, they may still need.
            _, late = await asyncio.wait(cancelled, timeout=_CLOSING_SECONDS)
            if late:
                log.warning("requests not ended", count=len(late))
        for connection in list(state.connections):
            connection.abort()  # type: ignore[union-attr]

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()
