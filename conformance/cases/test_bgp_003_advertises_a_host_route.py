"""BGP-003: each router has the address as a host route from exactly the eligible nodes.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-003",
    title="the address is a host route on each router, from exactly the eligible nodes",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 9.4 (originating routes); https://metallb.io/concepts/bgp/",
    checks=(ipam.assigned(ASSIGN_S), bgp.host_route(ANNOUNCE_S)),
)


def test_bgp_003_advertises_a_host_route(world: World) -> None:
    """Follow the routers' BGP tables while a Service is created."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply("Service")
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("the set of advertising nodes")
