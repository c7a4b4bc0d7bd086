"""Requests that the HTTP server refuses before any application sees them, and the bytes that say so."""

import http
import math
from email.utils import formatdate

import orjson
from prometheus_client import Counter

from janus_mesh import logs
from janus_mesh.errors import InvalidRequest, JanusError

log = logs.get("mesh.http")

REFUSED = Counter("janus_http_refused_total", "Requests that no application saw, by the reason.", ["code"])


class HttpRefused(InvalidRequest):
    """The bytes are not an HTTP request that this server accepts. The connection closes after the answer."""

    def __init__(self, message: str, *, status: int = 400, param: str = "", code: str = "") -> None:
        super().__init__(message, param=param, code=code or _CODES.get(status, "invalid_http_request"))
        self._http_status = status

    @property
    def http_status(self) -> int:
        return self._http_status


_CODES = {
    405: "method_not_allowed",
    414: "uri_too_long",
    417: "expectation_failed",
    431: "headers_too_large",
    501: "transfer_coding_not_supported",
    505: "http_version_not_supported",
}
_ALLOWED_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


def refusal(error: JanusError) -> bytes:
    """The error as a whole HTTP/1.1 response that closes the connection."""
    REFUSED.labels(error.code).inc()
    log.debug("refused", code=error.code, reason=error.message)
    status = error.http_status
    content = orjson.dumps(error.openai_body())
    lines = [
        f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}".encode(),
        b"date: " + formatdate(usegmt=True).encode(),
        b"content-type: application/json",
        b"content-length: %d" % len(content),
        b"connection: close",
    ]
    if error.retry_after > 0:
        lines.append(b"retry-after: %d" % math.ceil(error.retry_after))
    if status == http.HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append(b"allow: " + _ALLOWED_METHODS)
    return b"\r\n".join([*lines, b"", content])
