"""A web of the test's own: its names, its one server on loopback, and a dialler that goes nowhere else.

Whatever address web fetch decides to dial, the connection goes to the server here and the address is
written down. So no test can send anything outside, even when the code under test is broken.
"""

import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import httpcore
import httpx
from fastapi import APIRouter
from support import competitor_scripts as scripts
from support.http_competitor import Asked, HttpCompetitor, Script
from support.inference_platform import platform_over

from janus_mesh.settings import StreamTimeouts
from janus_platform.fetch.download import Bounds, Downloaded, Downloader
from janus_platform.fetch.page import Page, Reader
from janus_platform.fetch.routes import fetch_routes
from janus_platform.gate.gate import Gate
from janus_platform.inference.backend import Backend
from janus_platform.inference.provider import Endpoint, Provider
from janus_platform.worker.client import Worker

PUBLIC = "93.184.215.14"
OTHER_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
LIMIT = 100_000
# Reading the system's certificates for every test would take most of its time.
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Names:
    """The resolver: each name's successive answers, the last of which stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[str]]] = defaultdict(lambda: [[PUBLIC]])
        self.asked: list[str] = []

    async def addresses(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        left = self.answers[name]
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise OSError("no such name")
        return found


class Server(HttpCompetitor):
    """Answers every path with its one page, but for those that have a route."""

    def script_for(self, asked: Asked) -> Script:
        return self.routes.get(asked.path, self.chat)


class LoopbackDialler:
    """Writes down whom it was to dial, and dials the test's server."""

    def __init__(self, port: int) -> None:
        self.dialled: list[tuple[str, int]] = []
        self.refusing: set[str] = set()
        self._port = port
        self._tcp = httpcore.AnyIOBackend()

    async def dial(self, address: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        self.dialled.append((address, port))
        if address in self.refusing:
            raise httpcore.ConnectError("refused")
        return await self._tcp.connect_tcp("127.0.0.1", self._port, timeout)


@dataclass
class SmallWeb:
    """The platform's fetch service over this web."""

    client: httpx.AsyncClient
    server: HttpCompetitor
    names: Names
    dialler: LoopbackDialler
    fetched: list[tuple[str, str]] = field(default_factory=list)

    async def fetch(self, url: str, **fields: Any) -> httpx.Response:
        return await self.client.post("/v1/fetch", json={"url": url, "format": "raw", **fields})

    async def refusal(self, url: str, **fields: Any) -> tuple[int, str]:
        """Status and code of a fetch that does not work."""
        answer = await self.fetch(url, **fields)
        assert answer.status_code != 200, answer.text
        return answer.status_code, answer.json()["error"]["code"]


@asynccontextmanager
async def small_web(
    page: Script | None = None,
    *,
    gate: Gate | None = None,
    server_tls: ssl.SSLContext | None = None,
    client_tls: ssl.SSLContext | None = None,
    exempt: Sequence[str] = (),
    backend: AbstractAsyncContextManager[Backend] | None = None,
    services: Sequence[APIRouter] = (),
    **bounds: Any,
) -> AsyncIterator[SmallWeb]:
    """Every path of the server answers with `page`, unless the test sets `server.routes`."""
    limits = {"seconds": 5.0, "connect_seconds": 2.0, "bytes": LIMIT, "redirects": 3, "ports": (80, 443)}
    names = Names()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server(page or text("hello"), tls=server_tls))
        dialler = LoopbackDialler(server.port)
        downloader = await stack.enter_async_context(
            Downloader(
                Bounds(**{**limits, **bounds}),
                names,
                dialler,
                tls=client_tls or _NO_AUTHORITIES,
                exempt=[ip_network(network) for network in exempt],
            )
        )
        extractor = await stack.enter_async_context(Worker("janus_platform.fetch.extractor", seconds=20))
        fetched: list[tuple[str, str]] = []

        async def note(identity: str, came: Downloaded, _: Page) -> None:
            fetched.append((identity, came.url))

        routes = fetch_routes(downloader, Reader(extractor), gate or Gate(), note)
        nobody = Provider(Endpoint("http://127.0.0.1:9/v1", "k"), model="m", timeouts=StreamTimeouts())
        client = await stack.enter_async_context(
            platform_over(backend or nobody, gate=gate, services=[routes, *services])
        )
        yield SmallWeb(client, server, names, dialler, fetched)


def text(body: str | bytes, kind: str = "text/plain", **headers: str) -> Script:
    """A page of this text."""
    data = body if isinstance(body, bytes) else body.encode()
    named = [("content-type", kind), *((name.replace("_", "-"), value) for name, value in headers.items())]
    return scripts.answer(200, data, headers=named)


def redirect(location: str, status: int = 302) -> Script:
    return scripts.answer(status, b"", headers=[("location", location)])
