"""BGP-009: what eBGP paths carry: ORIGIN IGP, the node's AS alone, no LOCAL_PREF, no MED.

Shell: the world's.
"""

from conformance.suite.case import Case
from conformance.suite.checks import bgp, bgp_wire, ipam
from conformance.suite.waits import ANNOUNCE_S, ASSIGN_S
from conformance.suite.world import World

CASE = Case(
    id="BGP-009",
    title="paths have ORIGIN IGP and the declared AS alone, and neither LOCAL_PREF nor MED",
    lab="bgp",
    features=("bgp",),
    backend="echo",
    source="RFC 4271 section 5.1.1, 5.1.2, 5.1.4, 5.1.5 (LOCAL_PREF must not be sent to external peers)",
    checks=(ipam.assigned(ASSIGN_S), bgp_wire.attributes()),
)


def test_bgp_009_attributes_are_right(world: World) -> None:
    """Capture the UPDATE of one Service on both routers."""
    world.peers()
    world.wire.capture_bgp(*world.lab.peering_routers())
    world.routers.follow(world.lab.peering_routers(), "bgp_rib")
    world.apply()
    world.address()
    world.until(bgp.host_route(ANNOUNCE_S), ANNOUNCE_S)
