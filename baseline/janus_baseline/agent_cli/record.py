"""What became of one request: a log line and metrics, when it is over."""

import asyncio
import time
from types import TracebackType
from typing import Self

from opentelemetry.context import Context
from prometheus_client import Counter, Gauge, Histogram

from janus_mesh import logs
from janus_mesh.errors import JanusError

log = logs.get("agent_cli")

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
REQUESTS = Counter("janus_baseline_requests_total", "Requests that ended, by path and how.", ["path", "end"])
LIVE = Gauge("janus_baseline_requests_live", "Requests in flight.")
FIRST_BYTE = Histogram(
    "janus_baseline_first_byte_seconds", "From the request to its first byte.", buckets=_SECONDS
)
DURATION = Histogram("janus_baseline_request_seconds", "From the request to its end.", buckets=_SECONDS)


class RequestRecord:
    """Reports when its block is left. `end` is `ok`, `refused`, `aborted` or an error's code."""

    def __init__(self, request_id: str, caller: Context, *, stream: bool) -> None:
        self.request_id = request_id
        self.caller = caller  # its trace
        self.path = "undecided"
        self.status = 0
        self.error: JanusError | None = None
        self._stream = stream
        self._began = time.monotonic()
        self._first_byte: float | None = None

    def note_bytes(self) -> None:
        """Notes that a part of the body goes out."""
        if self._first_byte is None:
            self._first_byte = time.monotonic() - self._began

    def __enter__(self) -> Self:
        LIVE.inc()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self._began
        end = self._end(error)
        LIVE.dec()
        REQUESTS.labels(self.path, end).inc()
        DURATION.observe(seconds)
        if self._first_byte is not None:
            FIRST_BYTE.observe(self._first_byte)
        log.info(
            "request",
            path=self.path,
            stream=self._stream,
            end=end,
            status=self.status or None,
            seconds=round(seconds, 4),
            first_byte_seconds=self._first_byte and round(self._first_byte, 4),
            error=self.error.message if self.error else None,
        )

    def _end(self, error: BaseException | None) -> str:
        if isinstance(error, asyncio.CancelledError):
            return "aborted"
        if error is not None:
            return "internal_error"
        if self.error is not None:
            return self.error.code
        return "refused" if self.status >= 400 else "ok"
