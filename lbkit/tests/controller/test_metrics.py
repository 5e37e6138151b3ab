"""Rules for the controller's metrics.

Pure.
"""

import pytest
from prometheus_client import generate_latest

from lbkit.allocator.waiting import Waiting
from lbkit.controller.metrics import Metrics
from lbkit.controller.state import State
from lbkit.kube.resources import POOLS, SERVICES
from lbkit.tests.controller.fake_kube import FakeKube, Running, pool, service


@pytest.fixture
async def text() -> str:
    """Give what a scrape shows with two Services served and one refused."""
    kube = FakeKube()
    kube.apply(POOLS, pool("p", "10.0.0.0/30", "2001:db8::/127"))
    kube.apply(POOLS, pool("q", "10.0.1.0/30"))
    async with Running(kube) as running:
        kube.list_all()
        kube.apply(SERVICES, service("a"))
        kube.apply(
            SERVICES,
            service(
                "b", clusterIPs=["10.96.0.2", "fd00::2"], ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="RequireDualStack"
            ),
        )
        kube.apply(SERVICES, service("c", annotations={"address-pool": "typo"}))
        kube.apply(
            SERVICES,
            service(
                "d",
                clusterIPs=["10.96.0.3", "fd00::3"],
                ipFamilies=["IPv4", "IPv6"],
                ipFamilyPolicy="PreferDualStack",
                annotations={"address-pool": "q"},
            ),
        )
        await running.settle()
        return generate_latest(running.loop.metrics.registry).decode()


@pytest.mark.parametrize(
    "line",
    [
        'metallb_allocator_addresses_total{pool="p"} 6.0',
        'metallb_allocator_ipv4_addresses_total{pool="p"} 4.0',
        'metallb_allocator_ipv6_addresses_total{pool="p"} 2.0',
        'metallb_allocator_addresses_in_use_total{pool="p"} 3.0',
        'metallb_allocator_ipv4_addresses_in_use_total{pool="p"} 2.0',
        'metallb_allocator_ipv6_addresses_in_use_total{pool="p"} 1.0',
        'metallb_allocator_services_allocated_total{pool="p"} 2.0',
        "metallb_k8s_client_config_loaded_bool 1.0",
        "metallb_k8s_client_config_stale_bool 0.0",
        'lbkit_controller_writes_total{result="done"} 4.0',
        'lbkit_controller_services_without_address{reason="UnknownPool"} 1.0',
        'lbkit_controller_services_incomplete{reason="FamilyMismatch"} 1.0',
        "lbkit_controller_allocation_seconds_count 3.0",
        "lbkit_controller_write_seconds_count 4.0",
        "lbkit_controller_inbox_depth 0.0",
        "lbkit_controller_leader 1.0",
    ],
)
def test_metrics_have_metallb_s_names_and_are_true(text: str, line: str) -> None:
    """Dashboards made for MetalLB show the truth."""
    assert line in text.splitlines()


def test_watches_and_listings_are_counted_from_the_second_one_on() -> None:
    """The first ones are the start, not a restart."""

    class Worn:
        resource, watches, listings = SERVICES, 3, 1

    metrics = Metrics(State("metallb-system"), lambda: 7, Waiting)
    metrics.watch([Worn()])  # type: ignore[list-item]  # all of a reflector that is read
    lines = generate_latest(metrics.registry).decode().splitlines()
    assert 'lbkit_watch_restarts_total{resource="services"} 2.0' in lines
    assert 'lbkit_watch_relists_total{resource="services"} 0.0' in lines
    assert "lbkit_controller_inbox_depth 7.0" in lines
