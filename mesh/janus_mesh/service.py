"""How a process of Janus begins and ends: logs, traces, event loop, signals."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from . import logs, metrics, traces
from .settings import ServiceSettings, load

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
