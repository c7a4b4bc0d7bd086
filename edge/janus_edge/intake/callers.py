"""Who asks: the key by which limits and circuit breakers count."""

import hmac
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from .client_address import ClientAddresses, network

# 128 bits: as many as are compared, and within what `janus_mesh.headers.CALLER` may hold.
_KEY_CHARS: Final = 32


class Callers:
    """Derives keys of callers.

    Args:
        secret: keeps API keys and addresses from being guessed out of the key. Replicas that share it derive
            the same key.
        addresses: reads clients' addresses.
        limit_loopback: whether callers at a loopback address have limits.
    """

    def __init__(self, secret: bytes, addresses: ClientAddresses, *, limit_loopback: bool) -> None:
        self._secret = hmac.digest(secret, b"janus caller key", "sha256")
        self._addresses = addresses
        self._limit_loopback = limit_loopback

    def identify(self, scope: Scope, api_key: bytes) -> "Caller":
        """The caller by its API key, or by the client's network if no API key is needed."""
        address = self._addresses.of(scope)
        name = b"key:" + api_key if api_key else b"net:" + network(address).encode()
        key = hmac.digest(self._secret, name, "sha256").hex()[:_KEY_CHARS]
        # Without an address all callers look alike, as over a Unix socket.
        exempt = address is None or (address.is_loopback and not self._limit_loopback)
        return Caller(key, limited=not exempt)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        key: opaque, the same for every request of this caller.
        limited: whether limits hold for it.
    """

    key: str
    limited: bool
