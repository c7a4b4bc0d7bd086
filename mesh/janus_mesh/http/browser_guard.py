"""Middleware against web pages of others that use a service through the browser of somebody who can reach it.

    app.add_middleware(BrowserGuard, hosts=AllowedHosts.of(settings.allowed_hosts, listening=settings.host))

Browsers send some requests of any page to any address without asking, for example a POST of `text/plain` to
127.0.0.1. What protects: the Host must be known (DNS rebinding), a request that changes something must not
come from a foreign origin, and a JSON body must be called JSON, which a browser asks for first.
"""

import re
from collections.abc import Awaitable, Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from janus_mesh import logs
from janus_mesh.errors import JanusError, PermissionDenied, UnsupportedMediaType
from janus_mesh.http_server import AllowedHosts

from .errors import error_response

log = logs.get("mesh.http")

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON = re.compile(r"application/([\w.+-]+\+)?json", re.IGNORECASE)
# Probes of orchestrators and proxies call a service by names of their own.
_PROBED = "/health"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_LOGGED_CHARACTERS = 200


class BrowserGuard:
    """Plain ASGI. Refusals are answered here, in OpenAI's shape, and name the header.

    Args:
        app: what is guarded.
        hosts: what the Host header may be.
        origins: foreign origins that may use every method, as in CORS; `*` for all.
        other_types: a regular expression; POSTs to paths that it matches may have any content type.
        any_origin: likewise for paths that foreign pages may use. Their address must be a secret.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: AllowedHosts,
        origins: Collection[str] = (),
        other_types: str | None = None,
        any_origin: str | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._other_types = re.compile(other_types) if other_types else None
        self._any_origin = re.compile(any_origin) if any_origin else None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Adds no layer to what awaits the application: streams are resumed often."""
        if scope["type"] == "http" and (error := self._objection(scope)):
            log.info("refused", code=error.code, reason=error.message)
            return error_response(error)(scope, receive, send)
        return self._app(scope, receive, send)

    def _objection(self, scope: Scope) -> JanusError | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        method, path = scope["method"], scope["path"]
        if host not in self._hosts and not (path == _PROBED and method in _SAFE):
            return PermissionDenied(
                f"Host {_shown(host)} is not a name of this service; JANUS_ALLOWED_HOSTS lists its names",
                param="host",
                code="host_not_allowed",
            )
        if method in _SAFE:
            return None
        if not (self._any_origin and self._any_origin.fullmatch(path)) and (
            error := self._objection_to_origin(headers, host)
        ):
            return error
        if method == "POST" and not (self._other_types and self._other_types.fullmatch(path)):
            return _objection_to_type(headers)
        return None

    def _objection_to_origin(self, headers: dict[bytes, bytes], host: str) -> JanusError | None:
        origin = headers.get(b"origin")
        site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
        if origin is not None:
            given = origin.decode("latin-1").rstrip("/").lower()
            if given in self._origins or "*" in self._origins:
                return None
            if not _is_of(given, host):
                return PermissionDenied(
                    f"Origin {_shown(given)} may not use this service",
                    param="origin",
                    code="origin_not_allowed",
                )
        if site == "cross-site" or (site == "same-site" and origin is None):
            return PermissionDenied(
                f"Sec-Fetch-Site {site}: pages of other sites may not use this service",
                param="sec-fetch-site",
                code="origin_not_allowed",
            )
        return None


def _objection_to_type(headers: dict[bytes, bytes]) -> JanusError | None:
    if b"transfer-encoding" not in headers and headers.get(b"content-length", b"0").strip(b"0") == b"":
        return None
    given = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip()
    if _JSON.fullmatch(given):
        return None
    return UnsupportedMediaType(
        f"the content type must be application/json, not {_shown(given) if given else 'missing'}",
        param="content-type",
    )


def _is_of(origin: str, host: str) -> bool:
    """Whether a page of that origin was served under this host; a proxy before us may have added TLS."""
    scheme, separator, authority = origin.partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    if not separator or port is None:  # `null`, or an extension
        return False
    return authority.removesuffix(port) == host.lower().removesuffix(port)


def _shown(value: str) -> str:
    return repr(value[:_LOGGED_CHARACTERS])
