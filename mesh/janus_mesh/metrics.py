"""Prometheus metrics that every room shares, and the port that serves them beside a gRPC server.

Nothing here is touched per event: an exchange reports its counts once, when it ends.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from .http_server import AllowedHosts, listen
from .settings import HttpSettings

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

EXCHANGES = Counter(
    "janus_exchanges_total", "Exchanges that ended, by how: `finish` or the kind of error.", ["side", "end"]
)
LIVE = Gauge("janus_exchanges_live", "Exchanges in flight.", ["side"])
EVENTS = Counter("janus_events_total", "Chat events carried.", ["side"])
FIRST_EVENT = Histogram(
    "janus_first_event_seconds", "From the request to the first event.", ["side"], buckets=_SECONDS
)
TASKS = Gauge("janus_tasks", "Tasks of the event loop that have not ended.")
DURATION = Histogram("janus_exchange_seconds", "From the request to the end.", ["side"], buckets=_SECONDS)


def count_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Lets `janus_tasks` tell of this loop."""
    TASKS.set_function(lambda: len(asyncio.all_tasks(loop)))


def serve(port: int, host: str = "127.0.0.1") -> None:
    """Serves `/metrics` on a thread of its own, so that a busy event loop can be seen; port 0 serves nothing.

    Raises `OSError` when the port is taken.
    """
    if not port:
        return
    settings = HttpSettings()
    hosts = AllowedHosts.of(settings.allowed_hosts, listening=host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)

    async def serve_for_ever() -> None:
        async with await listen(_page(hosts), listener, settings.http_limits()) as server:
            await server.serve_forever()

    threading.Thread(target=asyncio.run, args=(serve_for_ever(),), name="metrics", daemon=True).start()


def _page(hosts: AllowedHosts) -> Callable[..., Awaitable[None]]:
    """Prometheus's page as an ASGI application, for services that load no web framework."""

    async def page(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        status, body = 200, b""
        if host not in hosts:
            status, body = 403, b"Host is not a name of this service; JANUS_ALLOWED_HOSTS lists its names\n"
        elif scope["method"] not in ("GET", "HEAD"):
            status, body = 405, b"only GET and HEAD are supported\n"
        elif scope["path"] not in ("/metrics", "/"):
            status, body = 404, b"there is /metrics only\n"
        else:
            body = generate_latest()
        kind = CONTENT_TYPE_LATEST if status == 200 else "text/plain"
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return page
