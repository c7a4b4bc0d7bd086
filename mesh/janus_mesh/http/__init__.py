"""What the HTTP services of Janus share: errors, bodies, ranges, departures, metrics, guarding from browsers.

    app = FastAPI(...)
    answer_errors(app, "the sandbox service")
    app.add_middleware(BrowserGuard, hosts=AllowedHosts.of(settings.allowed_hosts, listening=settings.host))
    app.include_router(metrics_route())
    await mesh.serve_http(app, host, port, stop, drain_seconds=10)

What a service answers, and what its health is, remain its own. Not imported by `janus_mesh` itself, because
some services speak gRPC alone.
"""

from janus_mesh.http_server import AllowedHosts

from .body import body_parts, read_body, require_announced
from .browser_guard import BrowserGuard
from .departure import ClientLeft, client_left, while_present
from .errors import MethodNotAllowed, answer_errors, error_event, error_response, invalid_field
from .json_bounds import JsonBounds
from .metrics import metrics_route
from .ranges import ByteRange, RangeNotSatisfiable, not_modified, requested_range
from .request_id import request_id

__all__ = [
    "AllowedHosts",
    "BrowserGuard",
    "ByteRange",
    "ClientLeft",
    "JsonBounds",
    "MethodNotAllowed",
    "RangeNotSatisfiable",
    "answer_errors",
    "body_parts",
    "client_left",
    "error_event",
    "error_response",
    "invalid_field",
    "metrics_route",
    "not_modified",
    "read_body",
    "request_id",
    "requested_range",
    "require_announced",
    "while_present",
]
