"""One command under way in a supervised box."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

from janus_mesh.errors import Unavailable

from .handed_over import Answer, refused


class LinkedExecution:
    """Its ending is the supervisor's answer, or the end of the supervisor."""

    def __init__(self, kill: Callable[[], Awaitable[None]], ending: asyncio.Future[Answer]) -> None:
        self._kill = kill
        self._ending = ending

    async def wait(self) -> int:
        message, descriptors = await asyncio.shield(self._ending)
        for descriptor in descriptors:
            os.close(descriptor)
        if refusal := message.get("error"):
            raise refused(str(refusal.get("code")), str(refusal.get("message")))
        return int(message["exit"])

    async def kill(self) -> None:
        if not self._ending.done():
            with suppress(Unavailable):
                await self._kill()
