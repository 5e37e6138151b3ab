"""BGP-014: two Services on one address are one route, and deleting one of them says nothing to anybody.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-014",
    title="a shared address is one route; deleting one of its Services causes no UPDATE",
    lab="bgp",
    features=("bgp", "share"),
    backend="echo",
    source="RFC 4271 section 3.1 (advertise what changes); catalogue BGP-014 (0 UPDATEs)",
    checks=(ipam.assigned(ASSIGN_S, at_least=2), bgp.host_route(ANNOUNCE_S), bgp_wire.quiet("shared", "alone")),
)


def test_bgp_014_a_shared_address_is_one_route(world: World) -> None:
    """Two Services share an address; one is deleted under a capture."""
    routers = world.lab.peering_routers()
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib")
    world.apply("IPAddressPool", "BGPAdvertisement")
    world.services("web", "other")
    world.addresses(2)
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.mark("shared")
    world.delete("Service", "other")
    world.hold("the wire")
    world.mark("alone")
