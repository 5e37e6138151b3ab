"""The controller's metrics: MetalLB's names where it has them, so that dashboards and alerts carry over.

Pool numbers are read from the book when they are asked for; there is nothing to keep in step. Only the leader shows
them: MetalLB's alerts join them by pool, and two replicas that show one pool would break the join.
Sources: MetalLB `internal/allocator/stats.go`, `internal/k8s/k8s.go`; client-go's `leader_election_master_status`.

Shell: the metrics registry.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from lbkit.allocator.pools import capacity
from lbkit.allocator.waiting import Waiting
from lbkit.controller.api import LEASE
from lbkit.controller.configuration import Configuration
from lbkit.controller.state import State
from lbkit.kube.watch import Reflector

_ALLOCATION_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_WRITE_S: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counters and gauges that the loop moves.

    Args:
        state: for the book.
        inbox_depth: gives the number of events that wait.
        waiting: gives who waits for an address.
    """

    def __init__(self, state: State, inbox_depth: Callable[[], int], waiting: Callable[[], Waiting]) -> None:
        # A `_created` beside each counter is one more series, which MetalLB does not have.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library annotates only some of its functions
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._pools = _PoolCollector(state)
        self.registry.register(_WaitingCollector(waiting))
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
        self.write_seconds = Histogram(
            "lbkit_controller_write_seconds",
            "Time from sending a write to the status of a Service to its success.",
            buckets=_WRITE_S,
            registry=self.registry,
        )
        self.allocation_seconds = Histogram(
            "lbkit_controller_allocation_seconds",
            "Time from the first sight of a Service without address until its address was written.",
            buckets=_ALLOCATION_S,
            registry=self.registry,
        )
        Gauge("lbkit_controller_inbox_depth", "Events that wait to be processed.", registry=self.registry).set_function(
            inbox_depth
        )
        self._leader = Gauge("lbkit_controller_leader", "1 while this replica decides.", registry=self.registry)
        self._master = Gauge(
            "leader_election_master_status",
            "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.",
            ["name"],
            registry=self.registry,
        )
        self.lead(is_leading=False)

    def lead(self, *, is_leading: bool) -> None:
        """Show whether this replica leads; what the pools have goes when it does not."""
        self._leader.set(is_leading)
        self._master.labels(LEASE).set(is_leading)
        if is_leading != self._pools.is_shown:
            (self.registry.register if is_leading else self.registry.unregister)(self._pools)
            self._pools.is_shown = is_leading

    def watch(self, reflectors: Sequence[Reflector]) -> None:
        """Show how often the reflectors had to begin anew."""
        self.registry.register(_WatchCollector(reflectors))

    def show_configuration(self, configuration: Configuration) -> None:
        """Show whether there is a configuration, and whether it is the newest one."""
        self.config_loaded.set(configuration.pools is not None)
        self.config_stale.set(configuration.is_stale)


class _WaitingCollector(Collector):
    """Counts who waits, at the time of a scrape."""

    def __init__(self, waiting: Callable[[], Waiting]) -> None:
        self._waiting = waiting

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing in advance."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Give the Services that have nothing, and those that have not all they want, by reason."""
        waiting = self._waiting()
        for name, text, found in (
            ("without_address", "Services of type LoadBalancer that have no address, by reason.", waiting.refused),
            ("incomplete", "Services with an address, but not all they asked for, by reason.", waiting.incomplete),
        ):
            shown = GaugeMetricFamily(f"lbkit_controller_services_{name}", text, labels=["reason"])
            for reason, count in Tally(item.reason for item in found.values()).items():
                shown.add_metric([reason], count)
            yield shown


class _WatchCollector(Collector):
    """Reads the reflectors' numbers at the time of a scrape."""

    def __init__(self, reflectors: Sequence[Reflector]) -> None:
        self._reflectors = reflectors

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Give watches after the first one, and listings after the first one, for each resource."""
        restarts = CounterMetricFamily(
            "lbkit_watch_restarts", "Watches that were opened after the first one.", labels=["resource"]
        )
        listings = CounterMetricFamily("lbkit_watch_relists", "Listings after the first one.", labels=["resource"])
        for item in self._reflectors:
            restarts.add_metric([str(item.resource)], max(0, item.watches - 1))
            listings.add_metric([str(item.resource)], max(0, item.listings - 1))
        return (restarts, listings)


class _PoolCollector(Collector):
    """Reads the pools' numbers from the book at the time of a scrape."""

    def __init__(self, state: State) -> None:
        self.is_shown = False
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
