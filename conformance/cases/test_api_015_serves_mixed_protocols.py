"""API-015: a Service with port 53 by TCP and by UDP has one address, and both answer at it.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, phases
from conformance.suite.waits import ASSIGN_S, KUBE_PROXY_S, SERVED_S
from conformance.suite.world import World

CASE = Case(
    id="API-015",
    title="TCP and UDP of one port number are served at one address",
    lab="l2",
    features=("api", "mixed"),
    backend="echo",
    source="KEP-1435 (different protocols in one Service of type LoadBalancer)",
    checks=(
        ipam.assigned(ASSIGN_S),
        ipam.one_each(),
        phases.reachable("tcp dns", "udp dns", within_s=KUBE_PROXY_S),
    ),
)


def test_api_015_serves_mixed_protocols(world: World) -> None:
    """Ask one address by both protocols."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("dns")
    address = world.address()
    world.traffic.phase("dns", dict.fromkeys(("tcp", "udp"), (address, 53)), served_s=SERVED_S)
