"""The two ways in which uvicorn's cycle reaches its connection: backpressure, and the transport."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """Reading stays paused while `held`, whatever the request that is being answered wants to read."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


class Outlet:
    """What a cycle uses of the transport; to close is the connection's decision."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write  # called for every event of a stream: no layer between
        self.is_closing = transport.is_closing
        self.close = close
