"""The controller's metrics: MetalLB's names where it has them, so that dashboards and alerts carry over.

Pool numbers are read from the book when they are asked for; there is nothing to keep in step.
Source: MetalLB `internal/allocator/stats.go`, `internal/k8s/k8s.go`.

Shell: the metrics registry.
"""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lbkit.allocator.pools import capacity
from lbkit.controller.state import State


class Metrics:
    """Counters and gauges that the loop moves."""

    def __init__(self, state: State) -> None:
        # A `_created` beside each counter is one more series, which MetalLB does not have.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library annotates only some of its functions
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_PoolCollector(state))
        self.updates = Counter(
            "metallb_k8s_client_updates", "Watch events that have been processed.", registry=self.registry
        )
        self.update_errors = Counter(
            "metallb_k8s_client_update_errors",
            "Watch events whose object could not be used.",
            registry=self.registry,
        )
        self.config_loaded = Gauge(
            "metallb_k8s_client_config_loaded_bool", "1 once a valid configuration was loaded.", registry=self.registry
        )
        self.config_stale = Gauge(
            "metallb_k8s_client_config_stale_bool",
            "1 while an older configuration is used, because the newest one is invalid.",
            registry=self.registry,
        )
        self.writes = Counter(
            "lbkit_controller_writes",
            "Writes to the status of Services, by what became of them.",
            ["result"],
            registry=self.registry,
        )
        self.refused = Gauge(
            "lbkit_controller_services_without_address",
            "Services of type LoadBalancer that have no address, by reason.",
            ["reason"],
            registry=self.registry,
        )

    def show_refused(self, reasons: Iterable[str]) -> None:
        """Show how many Services are refused for which reason."""
        self.refused.clear()
        for reason, count in Tally(reasons).items():
            self.refused.labels(reason).set(count)


class _PoolCollector(Collector):
    """Reads the pools' numbers from the book at the time of a scrape."""

    def __init__(self, state: State) -> None:
        self._state = state

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing in advance: the book is empty then."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Give addresses and addresses in use, in all and by family, and the Services served, for each pool."""
        book = self._state.book
        total = _family("addresses_total", "Number of usable addresses.")
        total_by_family = {
            item: _family(f"ipv{item}_addresses_total", f"Number of usable IPv{item} addresses.") for item in (4, 6)
        }
        used = _family("addresses_in_use_total", "Number of addresses in use.")
        used_by_family = {
            item: _family(f"ipv{item}_addresses_in_use_total", f"Number of IPv{item} addresses in use.")
            for item in (4, 6)
        }
        services = _family("services_allocated_total", "Number of Services that have an address.")
        served = Tally(
            pool.name for addresses in book.services().values() if (pool := book.pools.of(addresses[0])) is not None
        )
        for pool in book.pools:
            total.add_metric([pool.name], capacity(pool, 4) + capacity(pool, 6))
            used.add_metric([pool.name], book.stock.held(pool, 4) + book.stock.held(pool, 6))
            total_by_family[4].add_metric([pool.name], capacity(pool, 4))
            total_by_family[6].add_metric([pool.name], capacity(pool, 6))
            used_by_family[4].add_metric([pool.name], book.stock.held(pool, 4))
            used_by_family[6].add_metric([pool.name], book.stock.held(pool, 6))
            services.add_metric([pool.name], served[pool.name])
        return (total, *total_by_family.values(), used, *used_by_family.values(), services)


def _family(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"metallb_allocator_{name}", text, labels=["pool"])
