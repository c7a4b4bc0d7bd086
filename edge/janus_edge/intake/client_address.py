"""Which network a request comes from, as far as trusted proxies tell.

`X-Forwarded-For` grows to the right: each proxy appends the address of the peer that connected to it. What a
client invents stands to the left. So the list is read from the right, past the proxies that are trusted.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_HEADER: Final = "x-forwarded-for"
# Any of these shows that a proxy passed the request on.
_FORWARDING: Final = ("x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded", "via")
# 10.0.0.1:5000, [2001:db8::1], [2001:db8::1]:5000
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+")


class ClientAddresses:
    """Reads addresses of clients.

    Args:
        trusted: networks of the proxies whose header is believed.
        header: the header in which proxies list addresses. When it is given without `trusted`, the direct
            peer is believed whatever its address is.
    """

    def __init__(self, trusted: Sequence[Network] = (), header: str = "") -> None:
        self._trusted = tuple(trusted)
        self._header = header or (DEFAULT_HEADER if trusted else "")

    def of(self, scope: Scope) -> Address | None:
        """The client's address; None when there is none, as over a Unix socket."""
        peer = _peer(scope)
        if not self._header or not self._believes(peer):
            return peer
        told = ",".join(Headers(scope=scope).getlist(self._header))
        address = peer
        for entry in reversed(told.split(",")):
            given = parse_address(entry)
            if given is None:  # not an address: the proxy that wrote it is the last that is known
                break
            address = given
            if not self._is_trusted(given):
                break
        return address

    def network_of(self, scope: Scope) -> str:
        """What limits count by: an IPv4 address or the /64 of an IPv6 address; empty without an address."""
        return network(self.of(scope))

    def is_https(self, scope: Scope) -> bool:
        """Whether the client's connection is encrypted, at this server or at a trusted proxy."""
        if scope.get("scheme") == "https":
            return True
        if not self._header or not self._believes(_peer(scope)):
            return False
        told = ",".join(Headers(scope=scope).getlist("x-forwarded-proto"))
        return told.rpartition(",")[2].strip().lower() == "https"

    def _believes(self, peer: Address | None) -> bool:
        return not self._trusted or peer is None or self._is_trusted(peer)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in known for known in self._trusted)


def is_local(scope: Scope) -> bool:
    """Whether the peer is on this machine or a private network, and no proxy passed the request on."""
    headers = Headers(scope=scope)
    if any(name in headers for name in _FORWARDING):
        return False
    peer = _peer(scope)
    return peer is None or peer.is_loopback or peer.is_private


def parse_address(text: str) -> Address | None:
    """An address as proxies write it: with or without port, brackets, zone; IPv4-mapped becomes IPv4."""
    text = text.strip().strip('"')
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2] or ""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network(address: Address | None) -> str:
    """An IPv4 address as it is; for an IPv6 address the /64, which is what one customer gets."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return "" if address is None else str(address)


def _peer(scope: Scope) -> Address | None:
    client = scope.get("client")
    return parse_address(client[0]) if client else None
