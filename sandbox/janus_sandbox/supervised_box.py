"""A box whose supervisor does the work; how it was made and how it ends is its backend's affair."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from .backend import Command, Entry, Execution, Usage
from .supervisor_link import SupervisorLink

_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class SupervisedBox:
    """Made by `when_ready`. `finish` ends all of it and leaves nothing behind; it is called once."""

    def __init__(
        self,
        link: SupervisorLink,
        listener: socket.socket,
        egress_port: int,
        *,
        environment: Mapping[str, str],
        user: int | None,
        usage: Callable[[], Usage],
        finish: Callable[[], Awaitable[None]],
    ) -> None:
        self.listener = listener
        self.egress_port = egress_port
        self._link = link
        self._environment = {**environment, **_way_out(egress_port)}
        self._user = user
        self._usage = usage
        self._finish = finish
        self._ending: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._ending is None and not self._link.gone.is_set()

    async def execute(self, command: Command, stdout: int, stderr: int) -> Execution:
        if self._user is not None:
            # So that a command may open /dev/stdout and /dev/stderr by name.
            os.fchown(stdout, self._user, self._user)
            os.fchown(stderr, self._user, self._user)
        env = {**self._environment, **command.env}
        return await self._link.execute(replace(command, env=env), stdout, stderr)

    async def write(self, path: str, content: bytes, mode: int) -> None:
        await self._link.write(path, content, mode)

    async def open(self, path: str, within: str = "") -> int:
        return await self._link.open(path, within)

    async def list(self, path: str, within: str = "") -> list[Entry]:
        return await self._link.list(path, within)

    async def connect(self, port: int) -> socket.socket:
        return await self._link.connect(port)

    def usage(self) -> Usage:
        return self._usage() if self._ending is None else Usage()

    async def ended(self) -> None:
        await self._link.gone.wait()

    async def end(self) -> None:
        # One ending, however many wish for it, and none that is cut short when a wisher leaves.
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        self.listener.close()
        await self._finish()


def _way_out(port: int) -> dict[str, str]:
    """Whoever tries another way out is refused by name and logged, not just left without a route."""
    url = f"http://127.0.0.1:{port}"
    return {
        "JANUS_PLATFORM_URL": url,
        **dict.fromkeys(_PROXIES, url),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
    }
