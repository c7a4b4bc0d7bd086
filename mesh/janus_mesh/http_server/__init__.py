"""How an HTTP service is served: uvicorn with httptools, inside bounds on everything that a client sends.

    await serve_http(app, host, port, stop, drain_seconds=10, limits=settings.http_limits())

Imports no FastAPI, so that services that speak gRPC only stay small.
"""

from .allowed_hosts import AllowedHosts
from .limits import HttpLimits
from .protocol import BoundedHttpProtocol
from .serve import listen, serve_http

__all__ = ["AllowedHosts", "BoundedHttpProtocol", "HttpLimits", "listen", "serve_http"]
