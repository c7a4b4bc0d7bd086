"""The pool of connections, kept apart by origin, and the requests that go over them."""

import asyncio
import re
import socket
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import TracebackType
from typing import Self

from yarl import URL

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, Unavailable
from janus_mesh.plain_text import clean

from .call import Call
from .connection import Connection
from .rounds import Rounds
from .trust import Trust

# Below the 5 s after which common servers close an idle connection, so that none closes as it is reused.
_IDLE_SECONDS = 4.0

_LONGEST_REASON = 200

# RFC 9110 section 5.5, without obs-text. A line break in a value would begin another header.
_VALUE = re.compile(r"[\t -~]*")

log = logs.get("shim.http")


@dataclass(frozen=True, slots=True)
class _Origin:
    """What connections are kept apart by."""

    secure: bool
    host: str
    port: int
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL as a request needs it."""

    origin: _Origin
    request: bytes  # from the path on: the rest of the request line, and the headers that never change


class HttpClient:
    """Calls containers; one serves all of them. Times in seconds; `rest` is that of `Rounds`."""

    def __init__(self, connect_timeout: float, *, rest: float = 0.0) -> None:
        self._connect_timeout = connect_timeout
        self._rounds = Rounds(rest)
        self._open: set[Connection] = set()
        self._idle: dict[_Origin, dict[Connection, None]] = defaultdict(dict)
        self._trust = Trust()

    def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes = b"", *, ca_file: str = ""
    ) -> "_Request":
        """A request, sent on entering; entered when the head of its answer is there, whatever its status.

        `ca_file` is a PEM file of the authorities to trust for https; empty means the system's.

        Raises `Unavailable` when there is no connection or it ends before the head, and
        `CompetitorFailed` when what comes is not HTTP. A block left by an exception aborts the call; a
        block that ends well lets the rest of the answer pass, within bounds.
        """
        target = _target(url, ca_file)
        head = _head(method, target, headers, len(body))
        return _Request(partial(self._connection, target.origin), head, body)

    async def _connection(self, origin: _Origin) -> Connection:
        idle = self._idle.get(origin)
        while idle:
            connection, _ = idle.popitem()  # the one used last is the likeliest to live
            if connection.usable:
                return connection
        try:
            async with asyncio.timeout(self._connect_timeout):
                return await self._connected(origin)
        except TimeoutError:
            raise Unavailable(f"no connection to the competitor within {self._connect_timeout:g} s") from None
        except (OSError, UnicodeError) as error:
            log.debug("no connection", origin=str(origin), reason=str(error))
            raise _unavailable(error) from None

    async def _connected(self, origin: _Origin) -> Connection:
        def idle(connection: Connection) -> None:
            connection.close_after(_IDLE_SECONDS)
            self._idle[origin][connection] = None

        def lost(connection: Connection) -> None:
            self._open.discard(connection)
            kept = self._idle[origin]
            kept.pop(connection, None)
            if not kept:
                del self._idle[origin]

        loop = asyncio.get_running_loop()
        tls = await self._trust.context(origin.ca_file) if origin.secure else None
        _, connection = await loop.create_connection(
            lambda: Connection(self._rounds, idle, lost), origin.host, origin.port, ssl=tls
        )
        self._open.add(connection)
        return connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connection in [*self._open]:
            connection.abort()
        await asyncio.sleep(0)  # the transports close on the loop's next turn
        self._rounds.close()


class _Request:
    """What `HttpClient.request` gives."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], head: bytes, body: bytes) -> None:
        self._connect = connect
        self._head, self._body = head, body

    async def __aenter__(self) -> Call:
        self._connection = await self._connect()
        self._call = self._connection.begin()
        try:
            await self._connection.send(self._head, self._body)
            self._head = self._body = b""  # an answer may take minutes
            await self._call.head()
        except BaseException:
            self._connection.end_call(self._call)
            raise
        return self._call

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._connection.leave(self._call)
        else:
            self._connection.end_call(self._call)


@lru_cache(maxsize=1024)
def _target(url: URL, ca_file: str) -> _Target:
    host, port = url.host, url.port
    assert host is not None, "only absolute addresses are asked"
    assert port is not None, "http and https have default ports"
    lines = (
        f"{url.raw_path_qs} HTTP/1.1",
        f"host: {url.host_port_subcomponent if not url.is_default_port() else url.host_subcomponent}",
        "user-agent: janus-shim",
        "accept-encoding: identity",
        "",
    )
    secure = url.scheme == "https"
    origin = _Origin(secure, host, port, ca_file if secure else "")
    return _Target(origin, "\r\n".join(lines).encode())


def _head(method: str, target: _Target, headers: Mapping[str, str], body_bytes: int) -> bytes:
    """Request line and headers. Raises `InvalidRequest` for a value that cannot stand in one."""
    lines = [f"{name}: {_safe(name, value)}\r\n" for name, value in headers.items()]
    if method != "GET":
        lines.append(f"content-length: {body_bytes}\r\n")
    return b"%b %b%b\r\n" % (method.encode(), target.request, "".join(lines).encode())


def _safe(name: str, value: str) -> str:
    if _VALUE.fullmatch(value) is None:
        raise InvalidRequest(f"the header {name} holds characters that no header may hold", param=name)
    return value


def _unavailable(error: OSError | UnicodeError) -> Unavailable:
    match error:
        case socket.gaierror() | UnicodeError():  # the latter for a name that IDNA does not allow
            return Unavailable("the competitor's host name cannot be resolved")
        case ssl.SSLCertVerificationError():
            reason = clean(error.verify_message, _LONGEST_REASON)
            return Unavailable(f"the competitor's certificate is not trusted: {reason}")
        case ssl.SSLError():
            return Unavailable("no secure connection to the competitor: TLS failed")
        case ConnectionRefusedError():
            return Unavailable("the competitor refused the connection")
    return Unavailable(f"no connection to the competitor: {error.strerror}")
