"""How many connections an HTTP server holds, in all and for each address."""

import asyncio
import ipaddress
import resource
from collections import Counter

from janus_mesh import logs
from janus_mesh.errors import JanusError, Overloaded, RateLimited

from .limits import HttpLimits

log = logs.get("mesh.http")

_RETRY_SECONDS = 1.0
# A network of this size is what one IPv6 customer gets.
_IPV6_PREFIX = 64


class Connections:
    """Counts open connections; each that `admit` lets in must be given back with `release`."""

    def __init__(self, limits: HttpLimits) -> None:
        self._most = _within_descriptors(limits.connections)
        self._most_per_address = limits.connections_per_address
        self._open = 0
        self._by_address: Counter[str] = Counter()
        self._none_open = asyncio.Event()
        self._none_open.set()

    def admit(self, address: str) -> JanusError | None:
        """Counts a connection. Returns why it must be refused, in which case it is not counted."""
        if self._open >= self._most:
            return Overloaded(
                f"the server has {self._most} connections open, its maximum", retry_after=_RETRY_SECONDS
            )
        client = _client(address)
        if client and self._by_address[client] >= self._most_per_address:
            return RateLimited(
                f"your address has {self._most_per_address} connections open, the maximum",
                retry_after=_RETRY_SECONDS,
            )
        self._open += 1
        self._none_open.clear()
        if client:
            self._by_address[client] += 1
        return None

    def release(self, address: str) -> None:
        """A connection that was let in has closed."""
        self._open -= 1
        if not self._open:
            self._none_open.set()
        if client := _client(address):
            self._by_address[client] -= 1
            if not self._by_address[client]:
                del self._by_address[client]

    async def all_closed(self) -> None:
        """Returns when no connection is open."""
        await self._none_open.wait()


def _client(address: str) -> str:
    """What connections are counted under: the address, for IPv6 its network; '' for loopback."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a Unix socket, or a connection that was gone before it was looked at
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            network = ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False)
            return "" if parsed.is_loopback else str(network)
        parsed = parsed.ipv4_mapped
    return "" if parsed.is_loopback else str(parsed)


def _within_descriptors(most: int) -> int:
    """At most half of the process's file descriptors: a request may need one more for its answer."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY or descriptors // 2 >= most:
        return most
    log.warning("fewer connections than configured", most=descriptors // 2, descriptors=descriptors)
    return descriptors // 2
