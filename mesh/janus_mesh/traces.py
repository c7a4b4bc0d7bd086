"""OpenTelemetry: one span per exchange and hop, W3C trace context on every wire.

Spans are always made, so that logs carry trace ids; they leave the process only when
`OTEL_EXPORTER_OTLP_ENDPOINT` (or its traces variant) names a collector.
"""

import os
from collections.abc import Mapping, MutableMapping

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_tracer = trace.get_tracer("janus")


def configure(service: str) -> None:
    """Sets up the process's tracer; call once, before the first span."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        # Imported late: it costs 100 ms of start-up that nobody without a collector should pay.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    if "OTEL_PROPAGATORS" not in os.environ:
        # The default adds baggage, which nobody here has; looking for it costs as much as the trace context.
        propagate.set_global_textmap(TraceContextTextMapPropagator())


def tracer() -> trace.Tracer:
    """The tracer for Janus's own spans."""
    return _tracer


def extract(headers: Mapping[str, str]) -> Context:
    """The trace context in a request's headers or metadata (lower-case keys)."""
    return propagate.extract(headers)


def inject(headers: MutableMapping[str, str]) -> None:
    """Adds the current trace context to outgoing headers or metadata."""
    propagate.inject(headers)
