"""What each competitor is doing now, computed when metrics are scraped and at no other time."""

from collections.abc import Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .competitor import State
from .registry import Registry


class RegistryGauges(Collector):
    """Exposes a registry; to be registered with Prometheus once per process."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        live = GaugeMetricFamily("janus_router_live", "Exchanges in flight.", labels=["competitor"])
        queued = GaugeMetricFamily("janus_router_queued", "Exchanges that wait.", labels=["competitor"])
        state = GaugeMetricFamily(
            "janus_router_competitor_state", "1 for the state it is in.", labels=["competitor", "state"]
        )
        for competitor in self._registry.competitors:
            live.add_metric([competitor.id], competitor.gate.live)
            queued.add_metric([competitor.id], competitor.gate.queued)
            now = competitor.condition.state
            for each in State:
                state.add_metric([competitor.id, each.value], float(each is now))
        return live, queued, state
