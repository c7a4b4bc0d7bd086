"""The only way out of a sandbox: an HTTP proxy on its own loopback that knows one destination.

It listens inside, is served out here, and hands requests on to the platform services under the sandbox's
name. Both spellings are taken: the plain one (`GET /v1/models` to this proxy as if it were the platform)
and a proxy's (`GET http://platform/v1/models`). All else is refused; each call and refusal is one line.
"""

import asyncio
import re
import time
from urllib.parse import urlsplit

import h11
import orjson
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from janus_mesh import logs
from janus_mesh.errors import JanusError, PermissionDenied, Unavailable
from janus_mesh.headers import REQUEST_ID, new_request_id

from . import metrics
from .backend import Box
from .relay import Headers, Passed, end_to_end, relay
from .sandbox import Sandbox

log = logs.get("sandbox.egress")

IDENTITY = b"x-janus-sandbox"
_AUTHORIZATION = b"authorization"
_MOST_CONNECTIONS = 64
_CONNECT_SECONDS = 5.0
_NEXT_TRY_SECONDS = 1.0
_INSIDE = ("127.0.0.1", "localhost")
# Segments that lead out of the platform's own path, in any spelling.
_DOTS = re.compile(rb"(?:\.|%2e){1,2}", re.IGNORECASE)
_HTTP = {"http": 80, "https": 443}


class EgressGate:
    """Serves the way out of every sandbox, and knows which is whose."""

    def __init__(self, platform_url: str) -> None:
        upstream = urlsplit(platform_url)
        assert upstream.hostname is not None
        self._secure = upstream.scheme == "https"
        self._host = upstream.hostname
        self._port = upstream.port or _HTTP[upstream.scheme]
        self._prefix = upstream.path.rstrip("/").encode()
        self._config = uvicorn.Config(
            self._serve, log_config=None, access_log=False, lifespan="off", http="h11", interface="asgi3"
        )
        self._config.load()
        self._open: dict[str, tuple[asyncio.Task[None], ServerState]] = {}

    def open(self, sandbox: Sandbox, box: Box) -> None:
        """Lets a sandbox out."""
        state = ServerState()
        self._open[sandbox.id] = asyncio.create_task(self._let_out(sandbox, box, state)), state

    def close(self, sandbox: Sandbox) -> None:
        """Shuts the way out and breaks off what is on it."""
        letting_out, state = self._open.pop(sandbox.id, (None, None))
        if letting_out is None or state is None:
            return
        letting_out.cancel()
        for task in state.tasks:
            task.cancel()
        for connection in list(state.connections):
            connection.shutdown()

    async def _let_out(self, sandbox: Sandbox, box: Box, state: ServerState) -> None:
        def protocol() -> asyncio.Protocol:
            return _Connection(self._config, state, app_state={"sandbox": sandbox})

        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.connect_accepted_socket(protocol, await box.accept())
            except OSError as error:  # no descriptors are left
                log.error("a sandbox cannot get out", sandbox=sandbox.id, reason=str(error))
                await asyncio.sleep(_NEXT_TRY_SECONDS)
            except Unavailable:
                return  # it is gone

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        sandbox: Sandbox = scope["state"]["sandbox"]
        request_id = dict(scope["headers"]).get(REQUEST_ID.encode(), b"").decode("latin-1")[:128]
        passed = Passed()
        began = time.monotonic()
        verdict = "left"
        with logs.bound(request_id=request_id or new_request_id(), sandbox=sandbox.id):
            try:
                request = self._request(sandbox, scope)
                await relay(receive, send, self._dial, request, passed)
                verdict = "passed" if passed.status else "left"
            except PermissionDenied as error:
                verdict = "refused"
                await _refuse(send, error)
            except JanusError as error:
                verdict = "failed"
                if not passed.status:
                    await _refuse(send, Unavailable(f"the platform services: {error.message}"))
            finally:
                self._account(sandbox, scope, verdict, passed, time.monotonic() - began)

    def _request(self, sandbox: Sandbox, scope: Scope) -> h11.Request:
        """What to ask the platform. Raises `PermissionDenied` for what may not, or cannot, be asked."""
        try:
            target = self._judge(sandbox, scope)
            return h11.Request(method=scope["method"], target=target, headers=self._headers(scope, sandbox))
        except (ValueError, h11.LocalProtocolError) as error:  # of `urlsplit`, its `port`, and h11
            raise PermissionDenied(f"the request is malformed: {error}") from None

    def _judge(self, sandbox: Sandbox, scope: Scope) -> bytes:
        """The path to ask the platform for.

        Raises `PermissionDenied` for any other destination, and `ValueError` for what cannot be read.
        """
        raw: bytes = scope["raw_path"]
        if scope["method"] == "CONNECT":
            raise PermissionDenied("tunnels are refused: ask for the platform services over plain HTTP")
        if not raw.startswith(b"/"):
            url = urlsplit(raw.decode("latin-1"))
            if not self._is_platform(sandbox, url.hostname, url.port or _HTTP.get(url.scheme, 0)):
                raise PermissionDenied(f"{url.hostname or 'that'} is no platform service")
            raw = url.path.encode("latin-1") or b"/"
        if any(_DOTS.fullmatch(segment) for segment in raw.split(b"/")):
            raise PermissionDenied("the path must not hold `.` or `..`")
        query: bytes = scope["query_string"]
        return self._prefix + raw + (b"?" + query if query else b"")

    def _is_platform(self, sandbox: Sandbox, host: str | None, port: int) -> bool:
        assert sandbox.box is not None
        # Inside, the proxy's own address stands for the platform.
        return (host, port) == (self._host, self._port) or (
            host in _INSIDE and port == sandbox.box.egress_port
        )

    def _headers(self, scope: Scope, sandbox: Sandbox) -> Headers:
        token = sandbox.order.egress_token
        headers = end_to_end(scope["headers"], b"host", IDENTITY, *((_AUTHORIZATION,) if token else ()))
        headers += [
            (b"host", f"{self._host}:{self._port}".encode()),
            (IDENTITY, sandbox.id.encode()),
            (b"connection", b"close"),
        ]
        if token:
            headers.append((_AUTHORIZATION, f"Bearer {token}".encode()))
        return headers

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(self._host, self._port, ssl=self._secure or None)
        except TimeoutError:
            raise Unavailable(f"no connection within {_CONNECT_SECONDS:g} s") from None

    def _account(self, sandbox: Sandbox, scope: Scope, verdict: str, passed: Passed, seconds: float) -> None:
        sandbox.traffic.calls += 1
        sandbox.traffic.refusals += verdict == "refused"
        sandbox.traffic.bytes_out += passed.sent
        sandbox.traffic.bytes_in += passed.received
        metrics.EGRESS.labels(verdict).inc()
        log.info(
            "egress",
            verdict=verdict,
            method=scope["method"],
            destination=scope["raw_path"].decode("latin-1")[:200],
            status=passed.status or None,
            bytes_out=passed.sent,
            bytes_in=passed.received,
            seconds=round(seconds, 4),
        )


class _Connection(H11Protocol):
    """One connection out of a sandbox, which may hold only so many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.close()


async def _refuse(send: Send, error: JanusError) -> None:
    body = orjson.dumps(error.openai_body())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
