"""How a process of Janus begins and ends: logs, traces, event loop, signals."""

import asyncio
import gc
import math
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import uvicorn
import uvloop

from . import logs, metrics, traces
from .settings import ServiceSettings, load

log = logs.get("mesh.service")

# For requests that the end of the drain cancels, to close what they hold open.
_CLOSING_SECONDS = 2.0

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def run(
    name: str,
    settings_type: type[SettingsT],
    main: Callable[[SettingsT, asyncio.Event], Awaitable[None]],
) -> None:
    """Runs `main(settings, stop)` until it returns; `stop` is set on SIGTERM or SIGINT.

    Exits with 2 on bad configuration and 1 when an address is taken.
    """
    settings = load(settings_type)
    logs.configure(name, level=settings.log_level, form=settings.log_format)
    traces.configure(name)

    # What is imported lives for ever, and events are freed by counting: looking for cycles at the default
    # pace costs a tenth of the time under load and finds next to nothing.
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        metrics.count_tasks(loop)
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stop.set)
        await main(settings, stop)

    try:
        uvloop.run(body())
    except OSError as error:
        logs.get(name).error("cannot start", reason=str(error))
        sys.exit(1)


async def serve_http(app: Any, host: str, port: int, stop: asyncio.Event, *, drain_seconds: float) -> None:
    """Serves an ASGI app on this loop until `stop` is set, then lets live responses finish.

    Those that the drain's end cancels have closed what they held open when this returns.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="none",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody asks where a request came from
        timeout_graceful_shutdown=math.ceil(drain_seconds),
        timeout_keep_alive=75,
    )
    server = _Server(config)

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


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own, because `run` has them, and with our words in the log."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            log.info("listening", address=f"{self.config.host}:{self.config.port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # uvicorn cancels them and goes on at once; what the caller closes next, they may still need.
        if cancelled := set(self.server_state.tasks):
            _, late = await asyncio.wait(cancelled, timeout=_CLOSING_SECONDS)
            if late:
                log.warning("requests not ended", count=len(late))

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()
