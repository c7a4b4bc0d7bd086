"""The bounds of an HTTP connection."""

from dataclasses import dataclass

_KIB = 1024


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one HTTP server accepts. The defaults are what every service of Janus uses.

    Only the numbers of connections are settings: the rest is far above what any client needs.
    """

    head_bytes: int = 64 * _KIB  # request line and header fields; also the trailers of a chunked body
    fields: int = 100  # header fields in a head, and again in trailers
    target_bytes: int = 16 * _KIB  # the URL
    head_seconds: float = 10.0  # for a head to complete, and for the first byte of a new connection
    idle_seconds: float = 75.0  # between the requests of a connection
    pipelined: int = 8  # requests that wait while an earlier one is answered; then reading pauses
    linger_seconds: float = 5.0  # how long the rest of a refused request is read and dropped
    linger_bytes: int = 64 * _KIB * _KIB  # how much of it
    stall_seconds: float = 120.0  # a client that takes no byte of its response for this long is dropped
    connections: int = 4096  # of the server
    connections_per_address: int = 1024  # of one IPv4 address or IPv6 /64 network, except loopback
