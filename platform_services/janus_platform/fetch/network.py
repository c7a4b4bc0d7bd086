"""Where a destination leads: names are resolved here, every address is judged, and that very one is dialled.

The HTTP client above knows names only; the `Host` header and TLS are for the name, the connection is to
an address that was looked at. A resolver that changes its answer changes nothing: it is asked once for each
connection, and connections are not kept.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Protocol

import httpcore

from janus_mesh import logs
from janus_mesh.errors import PermissionDenied
from janus_platform.gate.errors import UpstreamFailed

from .addresses import Address, Network, literal, why_not_public

# Lookups have threads of their own: a slow name server must not hold up anybody else's work.
_RESOLVING_THREADS = 8
_MOST_TRIED = 3

log = logs.get("fetch")


class Resolver(Protocol):
    """Finds the addresses of a name."""

    async def addresses(self, name: str, port: int) -> Sequence[str]:
        """At least one; raises `OSError` when there is none."""


class SystemResolver:
    """The machine's own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, thread_name_prefix="resolve")

    async def addresses(self, name: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Dialler(Protocol):
    """Opens a connection to an address that was judged."""

    async def dial(self, address: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        """Raises httpcore's connection errors."""


class SystemDialler:
    """TCP."""

    def __init__(self) -> None:
        self._tcp = httpcore.AnyIOBackend()

    async def dial(self, address: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        return await self._tcp.connect_tcp(address, port, timeout)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """What the HTTP client connects through; raises `PermissionDenied` for whatever is not public."""

    def __init__(self, resolver: Resolver, dialler: Dialler, exempt: Sequence[Network]) -> None:
        self._resolver = resolver
        self._dialler = dialler
        self._exempt = exempt

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  # the client's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in (await self._judged(host, port))[:_MOST_TRIED]:
            try:
                return await self._dialler.dial(str(address), port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
                failure = error
        raise UpstreamFailed(f"no connection to {host}:{port}: {failure}", code="fetch_failed")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _judged(self, host: str, port: int) -> Sequence[Address]:
        """All addresses of the host, if every one of them is public."""
        plain = literal(host)
        found = [plain] if plain else await self._resolved(host, port)
        for address in found:
            if reason := why_not_public(address, self._exempt):
                log.warning("address refused", host=host, address=str(address), reason=reason)
                # The caller is not told the address: that would let it explore our names.
                raise PermissionDenied(
                    f"{host} is not on the public internet ({reason})", param="url", code="address_refused"
                )
        return found

    async def _resolved(self, host: str, port: int) -> list[Address]:
        try:
            spelled = await self._resolver.addresses(host, port)
            found: list[Address] = [ip_address(address) for address in spelled]
        except (OSError, ValueError) as error:
            raise UpstreamFailed(f"{host} cannot be resolved: {error}", code="name_not_resolved") from None
        if not found:
            raise UpstreamFailed(f"{host} has no address", code="name_not_resolved")
        return found
