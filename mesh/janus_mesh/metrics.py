"""Prometheus metrics that every room shares, and the port that serves them beside a gRPC server.

Nothing here is touched per event: an exchange reports its counts once, when it ends.
"""

import asyncio

from prometheus_client import Counter, Gauge, Histogram, start_http_server

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
    """Serves `/metrics` on a thread of its own; port 0 serves nothing."""
    if port:
        start_http_server(port, addr=host)
