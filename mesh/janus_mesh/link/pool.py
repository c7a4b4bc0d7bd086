"""The links to one peer: one for each address behind its name, kept up in the background."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from janus_mesh import logs
from janus_mesh.channel import Channel, insecure_channel
from janus_mesh.errors import Unavailable

from .client import ClientLink
from .line import Line, Unsupported

_RESOLVE_SECONDS = 15.0

log = logs.get("mesh.link")


class LinkPool:
    """Gives the link with the fewest exchanges among the addresses of `target` (`host:port`)."""

    def __init__(
        self,
        target: str,
        options: Sequence[tuple[str, Any]],
        floor: float,
        channel: Channel = insecure_channel,
    ) -> None:
        self._target = target
        self._channel = channel
        self._options = options
        self._floor = floor
        self._lines: dict[str, Line] = {}
        self._resolved_at = float("-inf")
        self._resolving: asyncio.Task[None] | None = None
        self._closed: Exception | None = None

    async def acquire(self) -> ClientLink:
        """A link for a new exchange.

        Raises `Unsupported` when the peer knows no links, and the typed error of the last attempt
        when no address could be reached. After `close` it raises what was given there.
        """
        if self._closed is not None:
            raise self._closed
        await self._refresh()
        lines = list(self._lines.values())
        usable = [line.link for line in lines if line.link is not None and line.link.usable]
        if usable:
            return min(usable, key=lambda link: link.live)
        if not lines:
            raise Unavailable(f"{self._target} has no address")
        if all(line.unsupported for line in lines):  # as each chat finds, so without a task
            raise Unsupported
        attempts = {asyncio.create_task(line.connected()) for line in lines}
        try:
            return await _first(attempts)
        finally:
            for attempt in attempts:
                attempt.cancel()

    async def close(self, reason: Exception) -> None:
        """Ends every link; calls of `acquire` that wait raise `reason`."""
        self._closed = reason
        if self._resolving is not None:
            self._resolving.cancel()
        lines, self._lines = list(self._lines.values()), {}
        await asyncio.gather(*(line.close(reason) for line in lines))

    async def _refresh(self) -> None:
        """Looks the name up: at once when nothing is known, else now and then beside the traffic."""
        now = asyncio.get_running_loop().time()
        if now - self._resolved_at >= _RESOLVE_SECONDS:
            self._resolved_at = now
            self._resolving = asyncio.create_task(self._resolve())
            self._resolving.add_done_callback(_seen)
        if not self._lines and self._resolving is not None:
            # Not awaited itself: `close` cancels it, which must not look like this caller being cancelled.
            await asyncio.wait({self._resolving})
            if self._closed is not None:
                raise self._closed
            self._resolving.result()

    async def _resolve(self) -> None:
        try:
            addresses = await _addresses(self._target)
        except (OSError, ValueError) as error:  # a name that cannot be encoded, a port that is no number
            if not self._lines:
                self._resolved_at = float("-inf")
                reason = getattr(error, "strerror", None) or str(error)
                raise Unavailable(f"{self._target} cannot be resolved: {reason}") from None
            log.warning(
                "name not resolved, keeping its old addresses", target=self._target, reason=str(error)
            )
            return
        for address in addresses - self._lines.keys():
            self._lines[address] = Line(address, self._options, self._floor, self._channel)
        for address in self._lines.keys() - addresses:
            line = self._lines[address]
            if line.link is not None and line.link.live:
                line.link.draining = True  # until its exchanges have ended
            else:
                del self._lines[address]
                await line.close(Unavailable("the peer has moved"))


def _seen(task: asyncio.Task[None]) -> None:
    """Marks a task's exception as seen, when all who waited for it were cancelled."""
    if not task.cancelled():
        task.exception()


async def _first(attempts: set[asyncio.Task[ClientLink]]) -> ClientLink:
    """The first that succeeds, or the error of the last that fails; `Unsupported` if any failed by that."""
    failure: BaseException = Unavailable("no address")
    link: ClientLink | None = None
    while attempts and link is None:
        done, attempts = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
        for attempt in done:  # all of them, so that no exception stays unseen
            error = attempt.exception()
            if error is not None:  # a peer without links can still be called
                failure = failure if isinstance(failure, Unsupported) else error
            elif link is None or not link.usable:
                link = attempt.result()
    if link is None:
        raise failure
    return link


async def _addresses(target: str) -> set[str]:
    """`host:port` targets as gRPC addresses; anything else as it is."""
    if target.startswith("unix:"):
        return {target}
    host, _, port = target.removeprefix("dns:///").rpartition(":")
    host = host.strip("[]")
    with suppress(ValueError):
        return {_address(str(ipaddress.ip_address(host)), port)}
    found = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    return {_address(str(entry[4][0]), port) for entry in found}


def _address(host: str, port: str) -> str:
    return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"
