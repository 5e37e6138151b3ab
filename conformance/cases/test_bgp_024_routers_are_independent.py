"""BGP-024: both routers hear the same, and the loss of one costs the other nothing.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_peers, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-024",
    title="all routers have the same routes, and losing one touches no other",
    lab="bgp",
    features=("bgp", "multi-peer"),
    backend="echo",
    source="RFC 4271 section 3 (sessions are independent); catalogue BGP-024",
    checks=(ipam.assigned(ASSIGN_S, at_least=3), bgp_peers.alike(), bgp_peers.others_keep_all()),
    timeout_s=180,
)


def test_bgp_024_routers_are_independent(world: World) -> None:
    """Advertise three addresses, take all links of one router down for a while, and look at the other."""
    lost, *others = world.lab.peering_routers()
    world.peers()
    world.routers.follow((lost, *others), "bgp_rib")
    world.routers.follow(tuple(others), "bgp_peers")
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.create_services(3, 3)
    world.addresses(3)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    number = world.routers.faults.lose(lost)
    world.hold("the others", 6)
    world.routers.faults.undo(number)
    world.hold("that the others are not touched either when it is back", 3)
