"""HTTP towards the containers: one pool of connections, typed errors, and calls that end at once when left.

    async with HttpClient(connect_timeout=5.0) as client:
        async with client.request("POST", url, headers, body) as call:   # the head is there
            while read := await call.read():                    # b"" at the end
                ...
        # left before the end: the connection is closed, not pooled

Bodies are unpacked as they are read, at most a buffer at a time, so a compressed bomb costs what is read
of it. Nothing is taken from the environment; redirects and cookies are not followed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

import aiohttp
from yarl import URL

from janus_mesh import logs
from janus_mesh.errors import CompetitorFailed, JanusError, Unavailable

# Bytes of a body that may wait to be read; twice that stops reading from the socket.
_READ_BUFFER = 64 * 1024
# A request's body goes out in such pieces when it is longer than one.
_PIECE_BYTES = 64 * 1024
# Below the 5 s after which common servers close an idle connection, so that none closes as it is reused.
_IDLE_SECONDS = 4.0
# How long an error's body is waited for.
_ERROR_SECONDS = 1.0
# How long, and how far, a call that was left after its last event is read on, to keep its connection.
_DRAIN_SECONDS = 1.0
_DRAIN_BYTES = 64 * 1024

log = logs.get("shim.http")


class Call:
    """An HTTP answer under way: its head, and its body as it comes."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Header names match in any case."""
        return self._response.headers

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case; empty when the answer does not say."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """The next bytes of the body, b"" at its end. Raises `CompetitorFailed` when it breaks off."""
        try:
            return await self._response.content.readany()
        except aiohttp.ClientError as error:
            log.debug("answer broke off", reason=str(error))
            raise CompetitorFailed("the competitor's answer broke off") from None

    async def read_whole(self, limit: int) -> bytes:
        """The whole body. Raises `CompetitorFailed` when it breaks off or has more than `limit` bytes."""
        body = bytearray()
        while read := await self.read():
            body += read
            if len(body) > limit:
                raise CompetitorFailed(f"the competitor's answer has more than {limit} bytes")
            await asyncio.sleep(0)  # unpacking a compressed body may take turns without waiting
        return bytes(body)

    async def read_some(self, limit: int) -> bytes:
        """What comes of an error's body soon; it is for people, so `limit` bytes of it will do."""
        body = bytearray()
        try:
            async with asyncio.timeout(_ERROR_SECONDS):
                while len(body) < limit and (read := await self.read()):
                    body += read
        except (TimeoutError, CompetitorFailed) as cut:
            log.debug("error body cut short", reason=repr(cut))
        return bytes(body[:limit])

    @property
    def ended(self) -> bool:
        """Whether the whole answer has come in, which frees its connection."""
        return self._response.connection is None

    def lost(self, _: object) -> None:
        """Ends a read that waits although the connection is gone.

        aiohttp leaves it waiting when it closes the connection itself, over bytes that are not HTTP.
        """
        content = self._response.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("connection closed over what is not HTTP"))

    def abort(self) -> None:
        """Closes the connection at once, unless the answer has ended and freed it."""
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._response.close()

    async def drain(self) -> None:
        """Reads what is left, if it is little and comes soon, so that the connection can be used again."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                left = _DRAIN_BYTES
                while left > 0 and (read := await self._response.content.readany()):
                    left -= len(read)
        except (TimeoutError, aiohttp.ClientError) as error:
            log.debug("connection given up", reason=repr(error))
        finally:
            self.abort()


class HttpClient:
    """The pool. aiohttp keeps connections apart by origin, so one serves all containers."""

    def __init__(self, connect_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._watched: WeakSet[Any] = WeakSet()  # connections, as aiohttp's protocol objects
        self._draining: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession

    @asynccontextmanager
    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncIterator[Call]:
        """Sends a request; entered when the head of its answer is there, whatever its status.

        Raises `Unavailable` when there is no connection or it ends before the head, and
        `CompetitorFailed` when what comes is not HTTP. A block left by an exception aborts the call; a
        block that ends well lets the rest of the answer pass, within bounds.
        """
        data: bytes | AsyncIterator[bytes] = body
        if len(body) > _PIECE_BYTES:
            data = _pieces(body)
            headers = {**headers, "content-length": str(len(body))}
        try:
            response = await self._session.request(
                method, url, data=data or None, headers=headers, allow_redirects=False
            )
        except (aiohttp.ClientError, OSError) as error:
            log.debug("call failed", url=str(url), reason=str(error))
            raise self._typed(error) from None
        call = Call(response)
        with self._watching(call, response.connection):
            try:
                yield call
            except BaseException:
                call.abort()
                raise
        self._let_go(call)

    @contextmanager
    def _watching(self, call: Call, connection: Any) -> Iterator[None]:
        """Tells the call when its connection is lost."""
        closed = connection and connection.protocol.closed
        if closed is None:
            if connection is not None:
                call.lost(closed)
            yield
            return
        if connection.protocol not in self._watched:
            self._watched.add(connection.protocol)
            closed.add_done_callback(_retrieve)
        closed.add_done_callback(call.lost)
        try:
            yield
        finally:
            closed.remove_done_callback(call.lost)

    def _let_go(self, call: Call) -> None:
        if call.ended:
            return
        task = asyncio.create_task(call.drain())
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    def _typed(self, error: Exception) -> JanusError:
        match error:
            case aiohttp.ConnectionTimeoutError():
                return Unavailable(f"no connection to the competitor within {self._connect_timeout:g} s")
            case aiohttp.ClientConnectorDNSError():
                return Unavailable("the competitor's host name cannot be resolved")
            case aiohttp.ClientSSLError():
                return Unavailable("no secure connection to the competitor: TLS failed")
            case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
                return Unavailable("the competitor refused the connection")
            case aiohttp.ClientConnectorError():
                return Unavailable(f"no connection to the competitor: {error.strerror}")
            case aiohttp.ClientConnectionError() | OSError():
                return Unavailable("the competitor closed the connection before it answered")
            case _:
                return CompetitorFailed("what the competitor answered is not HTTP")

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "janus-shim", "accept-encoding": "identity"},
            request_class=_Request,
            middlewares=(_abort_at_once,),
            read_bufsize=_READ_BUFFER,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._draining:
            task.cancel()
        await self._session.close()


def _retrieve(closed: asyncio.Future[None]) -> None:
    """Takes note of how a connection ended, which nobody else may ask, so that asyncio does not complain."""
    if not closed.cancelled():
        closed.exception()


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """The body in pieces, each waiting until the one before is on its way."""
    for start in range(0, len(body), _PIECE_BYTES):
        yield body[start : start + _PIECE_BYTES]


class _Request(aiohttp.ClientRequest):
    """Remembers the transport that it is sent over."""

    transport: asyncio.Transport | None = None

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        self.transport = conn.transport
        return await super().send(conn)


async def _abort_at_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Makes a request that is given up before its answer free its connection now.

    aiohttp closes the connection in order, which waits until a body that the peer does not read is sent.
    """
    try:
        return await handler(request)
    except BaseException:
        if isinstance(request, _Request) and request.transport is not None:
            request.transport.abort()
        raise
