"""What may be asked for: an http(s) URL whose host nobody can read in two ways.

A URL is taken apart once, here; the parts go to the resolver, the dialler and the request as they are, so
no two readers can understand it differently.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import httpx

from janus_mesh.errors import InvalidRequest

from .addresses import literal

_SCHEME_PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 4096
# Whitespace and control characters are dropped by some readers, backslashes are slashes to some.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(
    r"(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
# A last label like these makes browsers and C libraries read the whole host as an IPv4 address.
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Destination:
    """One URL in its parts."""

    scheme: str
    host: str  # lower case, a name in ASCII or an address without brackets
    port: int
    target: bytes  # path and query, as they go on the wire
    url: str

    @property
    def place(self) -> str:
        """`host:port`, which is all that the log tells: paths and queries may hold secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """The `Host` header."""
        return self.place.removesuffix(f":{_SCHEME_PORTS[self.scheme]}")

    def follow(self, location: str, ports: Collection[int]) -> "Destination":
        """Where a redirect leads. Raises `InvalidRequest`."""
        try:
            joined = str(httpx.URL(self.url).join(location))
        except (httpx.InvalidURL, ValueError) as error:
            raise _refused(f"the redirect's address is malformed: {error}") from None
        return parse(joined, ports)


def parse(text: str, ports: Collection[int]) -> Destination:
    """The destination that a URL names. Raises `InvalidRequest`, with `param` `url`."""
    if len(text) > _LONGEST_URL:
        raise _refused(f"is longer than {_LONGEST_URL} characters")
    if _AMBIGUOUS.search(text):
        raise _refused("must not hold whitespace, control characters or backslashes")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused(f"is malformed: {error}") from None
    if url.scheme not in _SCHEME_PORTS:
        raise _refused("must begin with http:// or https://")
    if url.userinfo:
        raise _refused("must not hold credentials")
    port = _SCHEME_PORTS[url.scheme] if url.port is None else url.port
    if port not in ports:
        raise _refused(f"port {port} is not among those allowed: {', '.join(map(str, sorted(ports)))}")
    host = _checked_host(url.raw_host.decode("ascii").lower())
    return Destination(url.scheme, host, port, url.raw_path, str(url.copy_with(fragment=None)))


def _checked_host(host: str) -> str:
    if literal(host) is not None:
        return host
    if not _NAME.fullmatch(host):
        raise _refused("has no valid host name")
    if _NUMERIC_LABEL.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        raise _refused("has a host that is neither a name nor an address in its plain form")
    return host


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"url: {reason}", param="url", code="url_refused")
