"""How a process of Janus begins and ends: logs, traces, event loop, signals."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from . import logs, metrics, traces
from ._allocator import return_large_blocks
from .settings import ServiceSettings, load

# More than any service uses; programs that look at each possible descriptor would take long over a million.
_MOST_DESCRIPTORS = 65_536

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

    return_large_blocks()
    # What is imported lives for ever, and events are freed by counting: looking for cycles at the default
    # pace costs a tenth of the time under load and finds next to nothing.
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)

    _raise_descriptor_limit()

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


def _raise_descriptor_limit() -> None:
    """Many systems give 1,024 at first and let a process take more: each connection needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
