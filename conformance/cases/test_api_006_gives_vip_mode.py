"""API-006: an address that nodes announce has ipMode VIP, or none, which the API reads as VIP.

`Proxy` would tell kube-proxy to send traffic from inside the cluster out to a load balancer that is not there.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import ipam, status
from conformance.suite.waits import ASSIGN_S, HOLD_S
from conformance.suite.world import World

CASE = Case(
    id="API-006",
    title="ingress addresses have ipMode VIP or none",
    lab="l2",
    elsewhere=("bgp",),
    features=("api",),
    backend="echo",
    source="KEP-1860: ipMode VIP where packets reach a node with the address as their destination",
    checks=(ipam.assigned(ASSIGN_S, only=("cluster", "local")), status.vip_mode()),
)


def test_api_006_gives_vip_mode(world: World) -> None:
    """Create a Service of each traffic policy."""
    world.apply("IPAddressPool", "L2Advertisement")
    world.services("cluster", "local")
    world.addresses(2)
    world.hold("later writes", HOLD_S)
