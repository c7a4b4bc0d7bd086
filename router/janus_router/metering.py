"""What is counted of the traffic, by competitor. Nothing here is touched per event."""

from prometheus_client import Counter, Histogram

from janus_proto._gen.janus.chat.v1 import event_pb2

from .usage.audit import Source

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)

_ATTEMPTS = Counter(
    "janus_router_attempts_total",
    "Exchanges opened at a competitor, by how they ended: `finish`, `cancelled` or the error's own code.",
    ["competitor", "end"],
)
_RETRIES = Counter(
    "janus_router_retries_total", "Attempts beyond an exchange's first, by where they went.", ["competitor"]
)
_EJECTIONS = Counter("janus_router_ejections_total", "Times that failures ejected it.", ["competitor"])
_TOKENS = Counter(
    "janus_router_tokens_total",
    "Tokens that answers took, by kind, and by source: `metered`, `estimated` or `reported`.",
    ["competitor", "kind", "source"],
)
_COST = Counter("janus_router_cost_usd_total", "Metered cost, in US dollars.", ["competitor"])
_MISREPORTS = Counter(
    "janus_router_usage_overridden_total",
    "Answers whose reported usage disagreed with the metered one.",
    ["competitor"],
)
_SANDBOX = Counter("janus_router_sandbox_seconds_total", "Metered sandbox time.", ["competitor"])
_TTFT = Histogram(
    "janus_router_ttft_seconds",
    "From opening an exchange to its first content or reasoning.",
    ["competitor"],
    buckets=_SECONDS,
)
_QUEUE_WAIT = Histogram(
    "janus_router_queue_wait_seconds", "Time spent waiting for a place.", ["competitor"], buckets=_SECONDS
)
BUDGET_REFUSALS = Counter(
    "janus_router_retry_budget_exhausted_total", "Retries that the budget did not allow."
)

REGISTRY_LOADS = Counter(
    "janus_router_registry_loads_total",
    "Times the registry file was read anew: `loaded` or `refused`.",
    ["result"],
)


class Meter:
    """The counters of one competitor."""

    def __init__(self, competitor_id: str) -> None:
        self._id = competitor_id

    def waited(self, seconds: float) -> None:
        _QUEUE_WAIT.labels(self._id).observe(seconds)

    def retried(self) -> None:
        _RETRIES.labels(self._id).inc()

    def ejected(self) -> None:
        _EJECTIONS.labels(self._id).inc()

    def misreported(self) -> None:
        _MISREPORTS.labels(self._id).inc()

    def attempt(
        self,
        end: str,
        ttft: float | None,
        usage: event_pb2.Usage | None,
        source: Source,
        cost_source: Source,
    ) -> None:
        """Counts an attempt that ended; `usage` is what its finish says. Cost counts unless it is a claim."""
        _ATTEMPTS.labels(self._id, end).inc()
        if ttft is not None:
            _TTFT.labels(self._id).observe(ttft)
        if usage is not None:
            _TOKENS.labels(self._id, "prompt", source).inc(usage.prompt_tokens)
            _TOKENS.labels(self._id, "completion", source).inc(usage.completion_tokens)
            if cost_source != "reported":
                _COST.labels(self._id).inc(usage.cost_usd)
                _SANDBOX.labels(self._id).inc(usage.sandbox_seconds)
