"""Bringing one page: hop by hop, each judged anew, within bounds of size, time and number."""

import asyncio
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpcore

from janus_mesh.errors import DeadlineExceeded, PayloadTooLarge, UnsupportedMediaType
from janus_platform.gate.errors import UpstreamFailed
from janus_platform.gate.passage import Passage

from .addresses import Network
from .destination import Destination, parse
from .network import Dialler, GuardedNetwork, Resolver
from .unpacking import ACCEPTED, Unpacker

_REDIRECTS = (301, 302, 303, 307, 308)
_READABLE = ("application/json", "application/xml", "application/xhtml+xml", "application/javascript")
_USER_AGENT = "janus-fetch/1.0"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one fetch may take."""

    seconds: float
    connect_seconds: float
    bytes: int
    redirects: int
    ports: Collection[int]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A page as it came: its last address, its status, its content unpacked."""

    url: str
    status: int
    content_type: str  # `type/subtype` in lower case
    charset: str  # empty when it was not said
    content: bytes
    redirects: int


class Downloader:
    """Fetches through a guarded network; use as `async with`."""

    def __init__(
        self,
        bounds: Bounds,
        resolver: Resolver,
        dialler: Dialler,
        *,
        tls: ssl.SSLContext,
        exempt: Sequence[Network] = (),
    ) -> None:
        self._bounds = bounds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=0,  # each page is resolved and judged for itself
            network_backend=GuardedNetwork(resolver, dialler, exempt),
        )

    async def fetch(self, url: str, passage: Passage) -> Downloaded:
        """The page at `url`, whatever its status.

        Raises `InvalidRequest` and `PermissionDenied` for what may not be fetched, at the first hop or a
        later one; `PayloadTooLarge`, `UnsupportedMediaType`, `DeadlineExceeded` for what is beyond the
        bounds; `UpstreamFailed` for what did not work.
        """
        destination = parse(url, self._bounds.ports)
        try:
            async with asyncio.timeout(self._bounds.seconds):
                for hop in range(self._bounds.redirects + 1):
                    passage.destination = destination.place
                    came = await self._one(destination, hop, passage)
                    if isinstance(came, Downloaded):
                        return came
                    destination = came
        except TimeoutError:
            raise DeadlineExceeded(
                f"the page was not there within {self._bounds.seconds:g} s", code="fetch_timeout"
            ) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise UpstreamFailed(
                f"the page's server failed: {type(error).__name__} {error}", code="fetch_failed"
            ) from None
        raise UpstreamFailed(f"more than {self._bounds.redirects} redirects", code="too_many_redirects")

    async def _one(self, destination: Destination, hop: int, passage: Passage) -> "Downloaded | Destination":
        """One request: the page, or where it redirects to."""
        url = httpcore.URL(
            scheme=destination.scheme,
            host=destination.host.encode("ascii"),
            port=destination.port,
            target=destination.target,
        )
        headers = [
            ("host", destination.authority),
            ("user-agent", _USER_AGENT),
            ("accept", "text/html, text/*;q=0.9, application/json;q=0.8, */*;q=0.1"),
            ("accept-encoding", ACCEPTED),
        ]
        passage.bytes_sent += len(destination.target) + sum(len(name) + len(value) for name, value in headers)
        timeout = {"connect": self._bounds.connect_seconds}
        async with self._pool.stream(
            "GET", url, headers=headers, extensions={"timeout": timeout}
        ) as response:
            said = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            if response.status in _REDIRECTS and said.get("location"):
                return destination.follow(said["location"], self._bounds.ports)
            media_type, charset = _media_type(said.get("content-type", ""))
            unpacker = self._unpacker(said)
            async for data in response.aiter_stream():
                passage.bytes_received += len(data)
                unpacker.feed(data)
        return Downloaded(destination.url, response.status, media_type, charset, unpacker.content(), hop)

    def _unpacker(self, headers: dict[str, str]) -> Unpacker:
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._bounds.bytes:
            raise PayloadTooLarge(f"the page has more than {self._bounds.bytes} bytes", code="page_too_large")
        return Unpacker(headers.get("content-encoding", ""), self._bounds.bytes)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()


def _media_type(header: str) -> tuple[str, str]:
    """Type and charset; raises `UnsupportedMediaType` for what nobody can read as text."""
    kind, _, parameters = header.partition(";")
    kind = kind.strip().lower()
    readable = kind.startswith("text/") or kind in _READABLE or kind.endswith(("+json", "+xml"))
    if not readable:
        raise UnsupportedMediaType(
            f"the page is {kind[:80] or 'of a kind that it does not say'}, not text",
            code="unsupported_content_type",
        )
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return kind, value.strip(" \"'").lower()
    return kind, ""
