"""Which names a service answers to.

A page whose name its owner points at 127.0.0.1 (DNS rebinding) is of the same origin as the service for a
browser. What gives it away is its name in the Host header. An address cannot be pointed elsewhere, so every
address is accepted; names must be known.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

# Names that no owner of a domain can have: reserved (RFC 6761, section 6.3; ICANN's `.internal`). By the
# second kind, containers reach the machine that they run on.
_LOCAL = frozenset({"localhost", "host.docker.internal", "host.containers.internal"})
_LOCAL_DOMAIN = ".localhost"


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Names beside the local ones; `*.example.com` stands for all below, `*` for every name."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, configured: Iterable[str] = (), *, listening: str = "", urls: Iterable[str] = ()) -> Self:
        """The configured names, the name that is listened on, and the hosts of the service's own URLs."""
        own = [listening, *(urlsplit(url).hostname or "" for url in urls)]
        return cls(frozenset(_normal(name) for name in (*configured, *own) if name))

    def __contains__(self, host: str) -> bool:
        """Whether a Host header, port included, is one that a request may have."""
        name = _without_port(host)
        if not name or name in _LOCAL or name in self.names or name.endswith(_LOCAL_DOMAIN):
            return True
        return _is_address(name) or "*" in self.names or any(one in self.names for one in _above(name))


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return _normal(host.partition(":")[0])


def _normal(name: str) -> str:
    return name.strip().lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _above(name: str) -> Iterable[str]:
    """`*.b.c` and `*.c` for `a.b.c`."""
    while name:
        _, _, name = name.partition(".")
        yield f"*.{name}"
