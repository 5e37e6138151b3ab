"""BGP-004: the next hop of each path is its node's peering address, and the router uses every one.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-004",
    title="next hops are the nodes' peering addresses, active and installed",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 5.1.3 (NEXT_HOP)",
    checks=(ipam.assigned(ASSIGN_S), bgp.next_hops(), bgp.usable()),
)


def test_bgp_004_next_hop_is_the_node(world: World) -> None:
    """Wait for the host route, then look at BGP's and zebra's tables."""
    world.peers()
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.routers.follow(world.lab.peering_routers(), "bgp_rib", "zebra")
    world.apply("Service")
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.until(bgp.usable(), ANNOUNCE_S)
