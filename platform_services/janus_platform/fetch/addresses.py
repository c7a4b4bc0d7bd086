"""Which addresses belong to the public internet. Everything else is somebody's inside, perhaps ours.

Sources: the IANA registries of special-purpose addresses (RFC 6890 and its successors), RFC 6052 (NAT64),
RFC 3056 (6to4), RFC 4291 (mapped and compatible addresses), RFC 2765 (translated), RFC 5214 (ISATAP).
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Beside what Python's own tables say, which differ between its versions.
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible, out of use"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/23", "reserved, Teredo among it"),
        ("2001:db8::/32", "documentation"),
        ("2620:4f:8000::/48", "reserved"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def why_not_public(address: Address, exempt: Sequence[Network] = ()) -> str:
    """Why nothing may be fetched from there; empty when it may. `exempt` are the operator's exceptions."""
    if any(address in network for network in exempt):
        return ""
    for network, reason in _REFUSED:
        if address in network:
            return reason
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "link-local"
        inner = _embedded(address)
        if inner is not None:
            return why_not_public(inner, exempt)
    return "" if address.is_global else "not global"


def literal(host: str) -> Address | None:
    """The address that `host` spells in its one canonical form; None for names and every other spelling."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one would reach."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    number = int(address)
    # Below any prefix, these interface ids make a router of ISATAP (RFC 5214) wrap packets in IPv4.
    isatap = number >> 32 & 0xFDFF_FFFF == 0x0000_5EFE
    if address in _NAT64 or isatap:
        return IPv4Address(number & 0xFFFF_FFFF)
    return None
