"""OpenTelemetry: one span per exchange and hop, W3C trace context on every wire.

Spans leave the process only when `OTEL_EXPORTER_OTLP_ENDPOINT` (or its traces variant) names a collector.
Without one they are mere ids, which logs carry and calls pass on.
"""

import os
import random
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context, attach
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_tracer = trace.get_tracer("janus")


def configure(service: str) -> None:
    """Sets up the process's tracer; call once, before the first span."""
    trace.set_tracer_provider(_exporting(service) if _collector_is_named() else _IdsProvider())
    if "OTEL_PROPAGATORS" not in os.environ:
        # The default adds baggage, which nobody here has; looking for it costs as much as the trace context.
        propagate.set_global_textmap(TraceContextTextMapPropagator())


def tracer() -> trace.Tracer:
    """The tracer for Janus's own spans."""
    return _tracer


def begin(name: str, headers: Mapping[str, str], kind: trace.SpanKind) -> trace.Span:
    """A span that goes on from the caller's `headers` (lower-case keys), current for the rest of this task.

    To be ended by the caller. A block would cost a stream a kilobyte for as long as it lives.
    """
    span = _tracer.start_span(name, extract(headers), kind)
    attach(trace.set_span_in_context(span))
    return span


def extract(headers: Mapping[str, str]) -> Context:
    """The trace context in a request's headers or metadata (lower-case keys)."""
    return propagate.extract(headers)


def inject(headers: MutableMapping[str, str]) -> None:
    """Adds the current trace context to outgoing headers or metadata."""
    propagate.inject(headers)


def _collector_is_named() -> bool:
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(os.environ.get(name) for name in names)


def _exporting(service: str) -> TracerProvider:
    # Imported late: it costs 100 ms of start-up that nobody without a collector should pay.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class _IdsTracer(trace.Tracer):
    """Spans that nobody collects: what is passed on and no more, as the SDK's cost time and memory."""

    def start_span(  # type: ignore[override]  # of its many arguments only the parent matters
        self, _name: str, context: Context | None = None, *_: Any, **__: Any
    ) -> trace.Span:
        parent = trace.get_current_span(context).get_span_context()
        known = parent.is_valid
        return trace.NonRecordingSpan(
            trace.SpanContext(
                trace_id=parent.trace_id if known else random.getrandbits(128),
                span_id=random.getrandbits(64),
                is_remote=False,
                trace_flags=parent.trace_flags if known else trace.TraceFlags(trace.TraceFlags.SAMPLED),
                trace_state=parent.trace_state,
            )
        )

    @contextmanager
    def start_as_current_span(  # type: ignore[override]  # the API's own decorator is private
        self, name: str, context: Context | None = None, *_: Any, **__: Any
    ) -> Iterator[trace.Span]:
        with trace.use_span(self.start_span(name, context), record_exception=False) as span:
            yield span


class _IdsProvider(trace.TracerProvider):
    def get_tracer(self, *_: Any, **__: Any) -> trace.Tracer:
        return _IdsTracer()
