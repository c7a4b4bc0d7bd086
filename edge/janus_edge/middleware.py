"""What surrounds every request: its id, its trace, its log line and its metrics. Plain ASGI.

Per chunk it does one addition; everything else happens once, at the response's head or at its end.
"""

import re
import time
from collections.abc import Awaitable

from opentelemetry import trace
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janus_mesh import logs, traces
from janus_mesh.http import request_id

from .record import RequestRecord

log = logs.get("edge.access")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
REQUESTS = Counter("janus_http_requests_total", "Requests that ended.", ["route", "method", "status"])
DURATION = Histogram("janus_http_request_seconds", "From request to end.", ["route"], buckets=_SECONDS)
FIRST_BYTE = Histogram(
    "janus_http_first_byte_seconds", "From request to first body byte.", ["route"], buckets=_SECONDS
)
BYTES = Counter("janus_http_response_bytes_total", "Body bytes sent.", ["route"])

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ARTIFACTS = "/v1/artifacts/"
_HEADER_SAFE = re.compile(r"[!-~]{1,256}")


class Cors(CORSMiddleware):
    """Starlette's, out of the way of all but a response's head."""

    async def simple_response(
        self, scope: Scope, receive: Receive, send: Send, request_headers: Headers
    ) -> None:
        def answer(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                return self.send(message, send, request_headers)
            return send(message)

        await self.app(scope, receive, answer)


class AccessMiddleware:
    """Gives each request a `RequestRecord` and accounts for it when it ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        record = RequestRecord(request_id(headers))
        record.attach(scope)
        response = _Response(record, send)
        # The server runs each request in a task of its own, so what is bound here ends with it.
        logs.bind(request_id=record.request_id)
        span = traces.begin(scope["method"], headers, trace.SpanKind.SERVER)
        try:
            await self._app(scope, receive, response.send)
        except Exception as error:
            span.record_exception(error)
            raise
        finally:
            route = _route(scope)
            span.update_name(f"{scope['method']} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", response.final_status())
            span.end()
            _account(scope, route, record, response)


class _Response:
    """Watches one response go out."""

    __slots__ = ("_record", "_send", "_status", "bytes_sent", "first_byte_after", "started_at")

    def __init__(self, record: RequestRecord, send: Send) -> None:
        self._record = record
        self._send = send
        self._status = 500  # what the server answers when the app does not
        self.started_at = time.perf_counter()
        self.first_byte_after: float | None = None
        self.bytes_sent = 0

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self._begin(message)
            return self._send(message)
        body = message.get("body")
        if body:
            self.bytes_sent += len(body)
            if self.first_byte_after is None:
                self.first_byte_after = time.perf_counter() - self.started_at
        if not message.get("more_body"):
            self._record.response_complete = True
        return self._send(message)

    def final_status(self) -> int:
        return 499 if self._record.client_left else self._status

    def _begin(self, message: Message) -> None:
        self._status = message["status"]
        self._record.response_begun = True
        headers = message.setdefault("headers", [])
        headers.append((b"x-request-id", self._record.request_id.encode()))
        headers += self._record.headers
        # A competitor's name comes from outside this process; it must not be able to break the head.
        if not self._record.anonymous and _HEADER_SAFE.fullmatch(self._record.competitor_id):
            headers.append((b"x-janus-competitor", self._record.competitor_id.encode()))


def _route(scope: Scope) -> str:
    """The path's template, so that metrics have few labels whatever clients ask for."""
    return getattr(scope.get("route"), "path", "unknown")


def _account(scope: Scope, route: str, record: RequestRecord, response: _Response) -> None:
    seconds = time.perf_counter() - response.started_at
    first_byte = response.first_byte_after
    status = response.final_status()
    method = scope["method"] if scope["method"] in _METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    DURATION.labels(route).observe(seconds)
    BYTES.labels(route).inc(response.bytes_sent)
    if first_byte is not None:
        FIRST_BYTE.labels(route).observe(first_byte)
    log.info(
        "request",
        method=scope["method"],
        # A signed artifact id lets whoever has it fetch the artifact, so it stays out of the log.
        path=_ARTIFACTS if scope["path"].startswith(_ARTIFACTS) else scope["path"],
        status=status,
        seconds=round(seconds, 4),
        ttfb=None if first_byte is None else round(first_byte, 4),
        bytes=response.bytes_sent,
        complete=record.response_complete,
        error=record.error or None,
        competitor=record.competitor_id or None,
    )
