"""BGP-018: large communities arrive as they are written, beside standard ones.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-018",
    title="paths carry exactly the large and standard communities of their advertisement",
    lab="bgp",
    features=("bgp", "large-community"),
    backend="echo",
    source="RFC 8092 section 3, RFC 1997; https://metallb.io/configuration/_advanced_bgp_configuration/",
    checks=(ipam.assigned(ASSIGN_S), bgp.host_route(ANNOUNCE_S), bgp_wire.marked_with()),
)


def test_bgp_018_carries_large_communities(world: World) -> None:
    """Advertise an address with communities, and capture what the routers are told."""
    routers = world.lab.peering_routers()
    world.peers()
    world.wire.capture_bgp(*routers)
    world.routers.follow(routers, "bgp_rib")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
    world.hold("the wire", 2)
