"""One inference call: what was asked, and the record of what became of it."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from prometheus_client import Counter, Gauge, Histogram

from janus_mesh import logs
from janus_mesh.errors import JanusError
from janus_platform.gate.account import Tokens
from janus_platform.reply import Reply

from .usage_figures import Figures

log = logs.get("inference")

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
CALLS = Counter(
    "janus_inference_calls_total", "Inference calls that ended, by how.", ["backend", "operation", "end"]
)
LIVE = Gauge("janus_inference_calls_live", "Inference calls in flight.", ["backend"])
TOKENS = Counter("janus_inference_tokens_total", "Tokens, as the backend counts them.", ["backend", "kind"])
FIRST_BYTE = Histogram(
    "janus_inference_first_byte_seconds", "From the call to its first byte.", ["backend"], buckets=_SECONDS
)
DURATION = Histogram("janus_inference_seconds", "From the call to its end.", ["backend"], buckets=_SECONDS)


# Of English in common tokenizers; where a provider does not count, this stands in.
_BYTES_PER_TOKEN = 4
_DATA_URL = re.compile(rb'"data:[^"]*"')


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose body nobody has looked into but for these fields."""

    body: bytes
    model: str
    stream: bool
    stream_options: object = None
    headers: Mapping[str, str] = field(default_factory=dict)  # that belong to what is asked


class CallRecord:
    """Counts and logs a call when its block is left: `ok`, `refused`, `aborted`, or an error's code."""

    def __init__(self, backend: str, operation: str, reply: Reply, *, model: str, stream: bool) -> None:
        self.model = model  # a backend that answers with another says so here
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self.cached_tokens = 0  # part of the prompt's, read from the provider's cache
        self.cache_written_tokens = 0  # part of the prompt's
        self.pieces = 0  # of a stream: its events, of which a model makes about one a token
        self.asked = False  # a provider has the call, and takes money for it from here on
        self.error: JanusError | None = None
        self._asked_model = model
        self._labels = backend, operation
        self._stream = stream
        self._reply = reply
        self._cut = False
        self._began = time.monotonic()

    def take(self, figures: Figures) -> None:
        """Notes what the backend says that the call took."""
        self.prompt_tokens, self.completion_tokens = figures.prompt, figures.completion
        self.cached_tokens, self.cache_written_tokens = figures.cached, figures.cache_written

    def count_events(self, data: bytes) -> None:
        """Counts the events that end in a piece of a stream."""
        self.pieces += data.count(b"\n\n") + data.count(b"\r\n\r\n")

    def metered(self, body: bytes) -> Tokens | None:
        """What is to be charged for a call with this body; None when no model worked on it.

        A call that was cut off before the head of its answer is charged for the prompt, by estimate: the
        provider read it, and calls that are always left early would be free otherwise.
        """
        operation, status = self._labels[1], self._reply.status
        answered = 200 <= status < 300
        if operation == "models" or not (answered or (self.asked and self._cut and not status)):
            return None
        prompt, completion = self.prompt_tokens, self.completion_tokens
        estimated = prompt is None
        if completion is None:
            made = self.pieces if self._stream else self._reply.bytes_sent // _BYTES_PER_TOKEN
            completion = 0 if operation == "embeddings" else made
            estimated |= operation != "embeddings"
        if prompt is None:
            prompt = len(_DATA_URL.sub(b"", body)) // _BYTES_PER_TOKEN
        return Tokens(prompt, completion, self.cached_tokens, self.cache_written_tokens, estimated)

    def __enter__(self) -> Self:
        LIVE.labels(self._labels[0]).inc()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        backend, operation = self._labels
        seconds = time.monotonic() - self._began
        end = self._end(error)
        self._cut = end == "aborted"
        LIVE.labels(backend).dec()
        CALLS.labels(backend, operation, end).inc()
        DURATION.labels(backend).observe(seconds)
        first = self._reply.first_byte_at and self._reply.first_byte_at - self._began
        if first is not None:
            FIRST_BYTE.labels(backend).observe(first)
        TOKENS.labels(backend, "prompt").inc(self.prompt_tokens or 0)
        TOKENS.labels(backend, "completion").inc(self.completion_tokens or 0)
        log.info(
            "inference",
            operation=operation,
            backend=backend,
            model=self.model,
            asked_model=self._asked_model,
            stream=self._stream,
            end=end,
            status=self._reply.status or None,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            seconds=round(seconds, 4),
            first_byte_seconds=first and round(first, 4),
            error=self.error.message if self.error else None,
        )

    def _end(self, error: BaseException | None) -> str:
        if isinstance(error, asyncio.CancelledError):
            return "aborted"
        if error is not None:
            return "internal_error"
        if self.error is not None:
            return self.error.code
        return "refused" if self._reply.status >= 400 else "ok"
