"""A box whose supervisor does the work; how it was made and how it ends is its backend's affair."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from janus_mesh.errors import JanusError, Unavailable

from .backend import Command, Entry, Execution, Usage
from .supervisor_link import SupervisorLink

_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
_READY_SECONDS = 10.0


class Hold(Protocol):
    """What a backend holds a box by."""

    def give(self, output: int) -> None:
        """Makes a descriptor the commands' own, so that they may open /dev/stdout and /dev/stderr by name."""

    def usage(self) -> Usage: ...

    async def end(self, link: SupervisorLink) -> None:
        """Ends all of it, closes the link and leaves nothing behind; called once."""

    def said(self) -> str:
        """What its program complained of, once it has ended."""


class SupervisedBox:
    """Made by `open_when_ready`, when commands can be run in it."""

    def __init__(self, link: SupervisorLink, hold: Hold, egress_port: int, env: Mapping[str, str]) -> None:
        self.egress_port = egress_port
        self._link = link
        self._hold = hold
        self._environment = {**env, **_way_out(egress_port)}
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def open_when_ready(
        cls, link: SupervisorLink, hold: Hold, env: Mapping[str, str]
    ) -> "SupervisedBox":
        """Raises `Unavailable`, saying why, when it does not get ready; then nothing of it is left."""
        try:
            return cls(link, hold, await link.ready(_READY_SECONDS), env)
        except JanusError as error:
            await hold.end(link)
            said = hold.said() or error.message
            raise Unavailable(f"a sandbox could not be started: {said}") from error
        except BaseException:
            await asyncio.shield(hold.end(link))
            raise

    @property
    def alive(self) -> bool:
        return self._ending is None and not self._link.gone.is_set()

    async def execute(self, command: Command, stdout: int, stderr: int) -> Execution:
        self._hold.give(stdout)
        self._hold.give(stderr)
        env = {**self._environment, **command.env}
        return await self._link.execute(replace(command, env=env), stdout, stderr)

    async def write(self, path: str, content: bytes, mode: int) -> None:
        await self._link.write(path, content, mode)

    async def open(self, path: str, within: str = "") -> int:
        return await self._link.open(path, within)

    async def list(self, path: str, within: str = "") -> list[Entry]:
        return await self._link.list(path, within)

    async def accept(self) -> socket.socket:
        return await self._link.accept()

    async def connect(self, port: int) -> socket.socket:
        return await self._link.connect(port)

    def usage(self) -> Usage:
        return self._hold.usage() if self._ending is None else Usage()

    async def ended(self) -> None:
        await self._link.gone.wait()

    async def end(self) -> None:
        # One ending, however many wish for it, and none that is cut short when a wisher leaves.
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        await self._hold.end(self._link)
        self._link.stop_listening()


def _way_out(port: int) -> dict[str, str]:
    """Whoever tries another way out is refused by name and logged, not just left without a route."""
    url = f"http://127.0.0.1:{port}"
    return {
        "JANUS_PLATFORM_URL": url,
        **dict.fromkeys(_PROXIES, url),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
    }
